"""Faults of Redis, which are cache misses and cost hardly any time."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from app.models import StoredImage
from app.services.caching.redis import RedisCache
from tests.support.concurrency.threads import fastest, in_threads, seconds, wait_until
from tests.support.observability.log_capture import log_lines
from tests.support.servers.databases import RedisServer, patient
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
NewCache = Callable[..., RedisCache]


@pytest.fixture
def proxy(redis_flushed: RedisServer) -> Iterator[FaultProxy]:
    """Put a proxy in front of an empty Valkey."""
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        yield proxy


@pytest.fixture
def new_cache(proxy: FaultProxy) -> Iterator[NewCache]:
    """Return a factory for caches behind the proxy, with the shipped timeout or another."""
    with contextlib.ExitStack() as stack:

        def make(timeout: float | None = None, **options: Any) -> RedisCache:
            url = f"redis://{proxy.host}:{proxy.port}/0"
            cache = RedisCache(patient(url, timeout) if timeout else url, **options)
            return stack.enter_context(contextlib.closing(cache))

        yield make


@pytest.fixture
def cache(new_cache: NewCache) -> RedisCache:
    """Return a cache that holds one value and is used again right after a failure."""
    cache = new_cache(rest_seconds=0)
    store(cache, "kept", b"kept")
    return cache


@pytest.fixture
def direct(redis_flushed: RedisServer) -> Iterator[RedisCache]:
    """Return a cache without the proxy, which waits for a busy machine."""
    with contextlib.closing(RedisCache(redis_flushed.patient_url)) as cache:
        put(cache, "kept", b"kept")
        yield cache


def put(cache: RedisCache, image_id: str, data: bytes) -> None:
    """Cache an image of these bytes under the current generation."""
    image = StoredImage(data=data, content_type="image/png", modified=NOON)
    generation = cache.get(image_id, "image").generation
    cache.put(image_id, "image", image, generation=generation)


def get(cache: RedisCache, image_id: str) -> bytes | None:
    """Return the cached bytes of an image, or None."""
    image = cache.get(image_id, "image").image
    return image.data if image else None


def store(cache: RedisCache, image_id: str, data: bytes) -> None:
    """Put a value until it is cached: on a busy machine, a timeout may expire."""

    def is_stored() -> bool:
        put(cache, image_id, data)
        return get(cache, image_id) == data

    wait_until(is_stored)


def recovered(cache: RedisCache, image_id: str, data: bytes) -> None:
    """Wait until the cache returns this value, and check that it returns no other."""

    def is_back() -> bool:
        found = get(cache, image_id)
        assert found in {None, data}
        return found == data

    wait_until(is_back)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_cache_is_a_miss(cache: RedisCache, proxy: FaultProxy, fault: str) -> None:
    """With every fault of the connection, calls return as if the cache were empty."""
    FAULTS[fault](proxy)
    assert get(cache, "kept") is None
    put(cache, "other", b"x")
    cache.forget("other")
    assert not cache.is_up()
    proxy.restore()
    recovered(cache, "kept", b"kept")
    wait_until(cache.is_up)


@pytest.mark.parametrize("known", [True, False], ids=["connected before", "new"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_cache_costs_at_most_80_ms(
    proxy: FaultProxy, new_cache: NewCache, fault: str, known: bool
) -> None:
    """The first call after a fault is hardly slower; a busy machine may add as much again."""

    def first() -> float:
        proxy.restore()
        cache = new_cache()
        if known:
            wait_until(cache.is_up)
        FAULTS[fault](proxy)
        return seconds(lambda: get(cache, "kept"))

    assert fastest(first, enough=0.16) < 0.16


def test_later_calls_of_a_broken_cache_cost_nothing(proxy: FaultProxy, new_cache: NewCache) -> None:
    """For some seconds after a failure, calls return without a connection."""
    proxy.black_hole()
    cache = new_cache()
    get(cache, "kept")
    assert fastest(lambda: seconds(lambda: put(cache, "other", b"x")), enough=0.01) < 0.01


def test_concurrent_calls_of_a_silent_cache_wait_together(
    proxy: FaultProxy, new_cache: NewCache
) -> None:
    """Concurrent calls that notice the fault do not wait for each other."""
    proxy.black_hole()
    cache = new_cache(timeout=1)
    spent = seconds(lambda: in_threads(20, lambda _: get(cache, "kept")))
    assert spent < 10  # of the 20 seconds that they would wait one after the other


def test_a_failed_cache_is_not_used_for_a_while(proxy: FaultProxy, new_cache: NewCache) -> None:
    """For some seconds after a failure no request is sent to the server."""
    cache = new_cache()
    store(cache, "kept", b"kept")
    proxy.refuse()
    assert get(cache, "kept") is None
    proxy.restore()
    assert get(cache, "kept") is None
    assert not cache.is_up()


def test_a_cache_that_is_back_is_used_again(proxy: FaultProxy, new_cache: NewCache) -> None:
    """After the pause the cache is used again."""
    cache = new_cache(rest_seconds=0.1)
    store(cache, "kept", b"kept")
    proxy.reset()
    assert get(cache, "kept") is None
    proxy.restore()
    recovered(cache, "kept", b"kept")


def test_a_distant_server_is_used_with_more_patience(
    proxy: FaultProxy, new_cache: NewCache
) -> None:
    """60 ms away is too far by default; the setting of the service changes that."""
    url = f"redis://{proxy.host}:{proxy.port}/0"
    proxy.delay(0.06)
    assert not new_cache().is_up()
    with contextlib.closing(RedisCache(url, timeout_seconds=10)) as patient_cache:
        assert patient_cache.is_up()
        put(patient_cache, "distant", b"distant")
        assert get(patient_cache, "distant") == b"distant"


def test_a_late_response_is_not_read_by_another_call(cache: RedisCache, proxy: FaultProxy) -> None:
    """A response that arrives after its timeout is not read by the next call."""
    store(cache, "other", b"other")
    for _ in range(5):
        proxy.delay(0.2)
        assert get(cache, "kept") is None
        proxy.restore()
        recovered(cache, "other", b"other")


def test_what_is_deleted_during_an_outage_is_not_served_after_it(
    cache: RedisCache, proxy: FaultProxy, direct: RedisCache
) -> None:
    """An image deleted during the outage is a miss here, and for all once the server is back."""
    proxy.refuse()
    cache.forget("kept")
    assert get(cache, "kept") is None
    proxy.restore()
    assert get(direct, "kept") == b"kept"
    wait_until(lambda: get(cache, "another") is None and get(direct, "kept") is None)
    store(cache, "kept", b"new")


def test_an_outage_is_one_log_line_a_minute(
    cache: RedisCache, proxy: FaultProxy, new_cache: NewCache
) -> None:
    """Failures are logged once, and again after that time, whatever their number."""
    proxy.refuse()
    with log_lines() as lines:
        in_threads(8, lambda _: [get(cache, "kept") for _ in range(5)])
        assert len(lines) == 1
        other = new_cache(rest_seconds=0, log_every_seconds=0.1)
        wait_until(lambda: get(other, "kept") is None and len(lines) == 3)
    assert all(line.startswith("WARNING cache is down") for line in lines)
    assert not any(proxy.host in line or str(proxy.port) in line for line in lines)


def test_a_key_of_another_kind_is_a_miss(direct: RedisCache, redis_flushed: RedisServer) -> None:
    """A list of another program under the same key is a miss and no error."""
    with Redis.from_url(redis_flushed.url) as client:
        (key,) = client.keys("*")
        client.delete(key)
        client.rpush(key, "x")
    assert get(direct, "kept") is None


def test_values_expire_within_a_day_and_have_a_prefix(
    direct: RedisCache, redis_flushed: RedisServer
) -> None:
    """Entries expire, and their prefix separates them from other users of the same Redis."""
    assert direct.is_up()
    with Redis.from_url(redis_flushed.url) as client:
        (key,) = client.keys("*")
        assert key.endswith(b":kept")
        assert 19 * 3600 < client.ttl(key) <= 20 * 3600


def test_a_full_redis_is_a_miss(direct: RedisCache, redis_flushed: RedisServer) -> None:
    """A server that accepts no more values causes no error."""
    with Redis.from_url(redis_flushed.url) as client:
        client.config_set("maxmemory", 1)
        try:
            put(direct, "large", bytes(1_000_000))
        finally:
            client.config_set("maxmemory", 0)
        assert client.keys("*large") == []
