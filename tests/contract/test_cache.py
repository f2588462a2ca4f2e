"""What every cache promises: the memory of this process, and Valkey."""

import contextlib
from collections.abc import Iterator

import pytest

from app.ports import Cache
from app.services.memory_cache import MemoryCache
from app.services.redis_cache import RedisCache
from tests.servers import RedisServer
from tests.threads import at_once


@pytest.fixture
def memory() -> MemoryCache:
    """Make a cache in memory."""
    return MemoryCache(max_bytes=10_000_000, ttl_seconds=60)


@pytest.fixture
def redis(redis_flushed: RedisServer) -> Iterator[RedisCache]:
    """Make a cache on Valkey."""
    with contextlib.closing(RedisCache(redis_flushed.url)) as cache:
        yield cache


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> Cache:
    """Give each implementation in turn."""
    made: Cache = request.getfixturevalue(request.param)
    return made


@pytest.mark.parametrize("value", [b"", b"\0\r\n\xff", bytes(range(256)) * 4096], ids=len)
def test_a_value_comes_back_byte_for_byte(cache: Cache, value: bytes) -> None:
    """What was put is got, also if it is empty or a megabyte long."""
    cache.put("images/x.png", value)
    assert cache.get("images/x.png") == value


def test_an_unknown_key_is_a_miss(cache: Cache) -> None:
    """What was never put is None."""
    cache.put("a", b"1")
    assert cache.get("b") is None


def test_putting_again_replaces(cache: Cache) -> None:
    """The value put last is the value got."""
    for value in (b"first", b"second"):
        cache.put("a", value)
    assert cache.get("a") == b"second"


def test_a_deleted_value_is_a_miss(cache: Cache) -> None:
    """A deletion forgets one value, and can be repeated."""
    cache.put("a", b"1")
    cache.put("b", b"2")
    cache.delete("a")
    cache.delete("a")
    assert (cache.get("a"), cache.get("b")) == (None, b"2")


def test_a_cache_that_works_is_up(cache: Cache) -> None:
    """A cache in good health says so."""
    assert cache.is_up()


def test_threads_share_the_cache(cache: Cache) -> None:
    """Sixteen threads at once each get back what they put."""

    def work(number: int) -> None:
        for turn in range(10):
            key, value = f"{number}-{turn}", bytes([number, turn]) * 1000
            cache.put(key, value)
            assert cache.get(key) in {value, None}  # a cache may forget, but never mix up

    at_once(16, work)
