"""Faults of Redis, which are cache misses and cost hardly any time."""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis

from app.models import StoredImage
from app.services.caching.redis import RedisCache
from tests.support.concurrency.threads import in_threads, wait_until
from tests.support.observability.log_capture import log_lines
from tests.support.servers.databases import RedisServer
from tests.support.servers.fault_proxy import FaultProxy

Break = Callable[[FaultProxy], None]
FAULTS: dict[str, Break] = {
    "refused": FaultProxy.refuse,
    "black hole": FaultProxy.black_hole,
    "reset": FaultProxy.reset,
    "slow": lambda proxy: proxy.delay(1),
    "cut": lambda proxy: proxy.cut_after(1),
}
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOWER = 0.2
"""The seconds that a broken cache may cost: 100 ms, and 100 ms more for a busy machine."""


@pytest.fixture
def proxy(redis_flushed: RedisServer) -> Iterator[FaultProxy]:
    """Put a proxy in front of an empty Valkey."""
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        yield proxy


@pytest.fixture
def cache(proxy: FaultProxy) -> Iterator[RedisCache]:
    """Return a cache behind the proxy that holds one value."""
    with new_cache(proxy) as cache:
        put(cache, "kept", b"kept")
        yield cache


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry a failed cache without waiting."""
    monkeypatch.setattr("app.services.caching.redis._REST_SECONDS", 0)


def new_cache(proxy: FaultProxy) -> contextlib.closing[RedisCache]:
    """Return a cache that has not failed yet."""
    return contextlib.closing(RedisCache(f"redis://{proxy.host}:{proxy.port}/0"))


def put(cache: RedisCache, image_id: str, data: bytes) -> None:
    """Cache an image of these bytes under the current generation."""
    image = StoredImage(data=data, content_type="image/png", modified=NOON)
    generation = cache.get(image_id, "image").generation
    cache.put(image_id, "image", image, generation=generation)


def get(cache: RedisCache, image_id: str) -> bytes | None:
    """Return the cached bytes of an image, or None."""
    image = cache.get(image_id, "image").image
    return image.data if image else None


def seconds(call: Callable[[], object]) -> float:
    """Measure how long a call takes."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


def hits(cache: RedisCache, key: str, value: bytes) -> bool:
    """Return whether the cache returns this value within some attempts, and never another."""
    for _ in range(100):
        found = get(cache, key)
        assert found in {None, value}
        if found == value:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.usefixtures("no_pause")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_cache_is_a_miss(cache: RedisCache, proxy: FaultProxy, fault: str) -> None:
    """With every fault of the connection, calls return as if the cache were empty."""
    FAULTS[fault](proxy)
    assert get(cache, "kept") is None
    put(cache, "other", b"x")
    cache.forget("other")
    assert not cache.is_up()
    proxy.restore()
    assert hits(cache, "kept", b"kept")
    assert cache.is_up()


@pytest.mark.parametrize("known", [True, False], ids=["connected before", "new"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_cache_costs_little_time(proxy: FaultProxy, fault: str, known: bool) -> None:
    """The first call after a fault is hardly slower, and later calls are not slower at all."""
    spent = []
    for _ in range(5):
        proxy.restore()
        with new_cache(proxy) as cache:
            if known:
                put(cache, "kept", b"kept")
            FAULTS[fault](proxy)
            spent.append(seconds(lambda: get(cache, "kept")))
            resting = [seconds(lambda: put(cache, "other", b"x")) for _ in range(20)]
    assert statistics.median(spent) < SLOWER
    assert statistics.median(resting) < 0.01


def test_concurrent_calls_of_a_silent_cache_wait_together(proxy: FaultProxy) -> None:
    """Concurrent calls that notice the fault do not wait for each other."""
    proxy.black_hole()
    with new_cache(proxy) as cache:
        began = time.monotonic()
        assert in_threads(20, lambda _: get(cache, "kept")) == [None] * 20
        assert time.monotonic() - began < 2 * SLOWER


def test_a_failed_cache_is_not_used_for_a_while(cache: RedisCache, proxy: FaultProxy) -> None:
    """For some seconds after a failure no request is sent to the server."""
    proxy.refuse()
    assert get(cache, "kept") is None
    proxy.restore()
    assert get(cache, "kept") is None
    assert not cache.is_up()


def test_a_cache_that_is_back_is_used_again(
    cache: RedisCache, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the pause the cache is used again."""
    monkeypatch.setattr("app.services.caching.redis._REST_SECONDS", 0.1)
    proxy.reset()
    assert get(cache, "kept") is None
    proxy.restore()
    assert hits(cache, "kept", b"kept")


@pytest.mark.usefixtures("no_pause")
def test_a_late_response_is_not_read_by_another_call(cache: RedisCache, proxy: FaultProxy) -> None:
    """A response that arrives after its timeout is not read by the next call."""
    put(cache, "other", b"other")
    for _ in range(5):
        proxy.delay(0.2)
        assert get(cache, "kept") is None
        proxy.restore()
        assert hits(cache, "other", b"other")


@pytest.mark.usefixtures("no_pause")
def test_what_is_deleted_during_an_outage_is_not_served_after_it(
    cache: RedisCache, proxy: FaultProxy, redis_flushed: RedisServer
) -> None:
    """An image deleted during the outage is a miss here, and for all once the server is back."""
    proxy.refuse()
    cache.forget("kept")
    assert get(cache, "kept") is None
    proxy.restore()
    with contextlib.closing(RedisCache(redis_flushed.url)) as other:
        assert get(other, "kept") == b"kept"
        wait_until(lambda: get(cache, "another") is None and get(other, "kept") is None)
    put(cache, "kept", b"new")
    assert hits(cache, "kept", b"new")


@pytest.mark.usefixtures("no_pause")
def test_an_outage_is_one_log_line_a_minute(
    cache: RedisCache, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failures are logged once, and again after a minute, whatever their number."""
    proxy.refuse()
    with log_lines() as lines:
        in_threads(8, lambda _: [get(cache, "kept") for _ in range(5)])
        assert len(lines) == 1
        monkeypatch.setattr("app.services.caching.redis._LOG_EVERY_SECONDS", 0)
        get(cache, "kept")
        assert len(lines) == 2
    assert all(line.startswith("WARNING cache is down") for line in lines)
    assert not any(proxy.host in line or str(proxy.port) in line for line in lines)


@pytest.mark.usefixtures("no_pause")
def test_a_key_of_another_kind_is_a_miss(cache: RedisCache, redis_flushed: RedisServer) -> None:
    """A list of another program under the same key is a miss and no error."""
    with Redis.from_url(redis_flushed.url) as client:
        (key,) = client.keys("*")
        client.delete(key)
        client.rpush(key, "x")
    assert get(cache, "kept") is None


def test_values_expire_after_a_day_and_have_a_prefix(
    cache: RedisCache, redis_flushed: RedisServer
) -> None:
    """Entries expire, and their prefix separates them from other users of the same Redis."""
    assert cache.is_up()
    with Redis.from_url(redis_flushed.url) as client:
        (key,) = client.keys("*")
        assert key.endswith(b":kept")
        assert 23 * 3600 < client.ttl(key) <= 24 * 3600


def test_a_full_redis_is_a_miss(cache: RedisCache, redis_flushed: RedisServer) -> None:
    """A server that accepts no more values causes no error."""
    with Redis.from_url(redis_flushed.url) as client:
        client.config_set("maxmemory", 1)
        try:
            put(cache, "large", bytes(1_000_000))
        finally:
            client.config_set("maxmemory", 0)
        assert client.keys("*large") == []
