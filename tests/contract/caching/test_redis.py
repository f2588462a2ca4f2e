"""What Redis can do to us: nothing but a miss, and hardly any time."""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis

from app.models import StoredImage
from app.services.caching.redis import RedisCache
from tests.support.concurrency.eventually import eventually
from tests.support.concurrency.threads import at_once
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
"""How many seconds a broken cache may cost: 100 ms, and as much again for a busy test machine."""


@pytest.fixture
def proxy(redis_flushed: RedisServer) -> Iterator[FaultProxy]:
    """Put a proxy before an empty Valkey."""
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        yield proxy


@pytest.fixture
def cache(proxy: FaultProxy) -> Iterator[RedisCache]:
    """Make a cache that goes through the proxy and holds one value."""
    with new_cache(proxy) as cache:
        put(cache, "kept", b"kept")
        yield cache


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a cache that failed be asked again at once."""
    monkeypatch.setattr("app.services.caching.redis._REST_SECONDS", 0)


def new_cache(proxy: FaultProxy) -> contextlib.closing[RedisCache]:
    """Make a cache that has failed nobody yet."""
    return contextlib.closing(RedisCache(f"redis://{proxy.host}:{proxy.port}/0"))


def put(cache: RedisCache, image_id: str, data: bytes) -> None:
    """Remember an image of these bytes, as one that was just looked for."""
    image = StoredImage(data=data, content_type="image/png", modified=NOON)
    generation = cache.get(image_id, "image").generation
    cache.put(image_id, "image", image, generation=generation)


def get(cache: RedisCache, image_id: str) -> bytes | None:
    """Return the bytes of an image, if they are remembered."""
    image = cache.get(image_id, "image").image
    return image.data if image else None


def seconds(call: Callable[[], object]) -> float:
    """Measure how long a call takes."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


def hits(cache: RedisCache, key: str, value: bytes) -> bool:
    """Tell whether the cache gives this value within some tries; any other would be a mix-up."""
    for _ in range(100):
        found = get(cache, key)
        assert found in {None, value}
        if found == value:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.usefixtures("no_rest")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_cache_is_a_miss(cache: RedisCache, proxy: FaultProxy, fault: str) -> None:
    """Whatever happens on the way to Redis, calls return as if the cache were empty."""
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
    """The one call that finds out is hardly slower, and the calls after it not at all."""
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


def test_many_callers_of_a_silent_cache_wait_together(proxy: FaultProxy) -> None:
    """Callers who find out at the same moment don't wait for each other."""
    proxy.black_hole()
    with new_cache(proxy) as cache:
        began = time.monotonic()
        assert at_once(20, lambda _: get(cache, "kept")) == [None] * 20
        assert time.monotonic() - began < 2 * SLOWER


def test_a_cache_that_failed_is_left_alone_for_a_while(
    cache: RedisCache, proxy: FaultProxy
) -> None:
    """For some seconds after a failure the server is not even asked."""
    proxy.refuse()
    assert get(cache, "kept") is None
    proxy.restore()
    assert get(cache, "kept") is None
    assert not cache.is_up()


def test_a_cache_that_is_back_is_used_again(
    cache: RedisCache, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its rest the cache is asked again."""
    monkeypatch.setattr("app.services.caching.redis._REST_SECONDS", 0.1)
    proxy.reset()
    assert get(cache, "kept") is None
    proxy.restore()
    assert hits(cache, "kept", b"kept")


@pytest.mark.usefixtures("no_rest")
def test_a_late_answer_is_never_taken_for_another_ones(
    cache: RedisCache, proxy: FaultProxy
) -> None:
    """The answer to a call that was given up on is not read by the call after it."""
    put(cache, "other", b"other")
    for _ in range(5):
        proxy.delay(0.2)
        assert get(cache, "kept") is None
        proxy.restore()
        assert hits(cache, "other", b"other")


@pytest.mark.usefixtures("no_rest")
def test_what_is_deleted_during_an_outage_is_not_served_after_it(
    cache: RedisCache, proxy: FaultProxy, redis_flushed: RedisServer
) -> None:
    """What can't be forgotten is a miss here, and forgotten for all once the server is back."""
    proxy.refuse()
    cache.forget("kept")
    assert get(cache, "kept") is None
    proxy.restore()
    with contextlib.closing(RedisCache(redis_flushed.url)) as other:
        assert get(other, "kept") == b"kept"
        eventually(lambda: get(cache, "another") is None and get(other, "kept") is None)
    put(cache, "kept", b"new")
    assert hits(cache, "kept", b"new")


@pytest.mark.usefixtures("no_rest")
def test_an_outage_is_one_log_line_a_minute(
    cache: RedisCache, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many calls fail, the log tells it once, and again after a minute."""
    proxy.refuse()
    with log_lines() as lines:
        at_once(8, lambda _: [get(cache, "kept") for _ in range(5)])
        assert len(lines) == 1
        monkeypatch.setattr("app.services.caching.redis._LOG_EVERY_SECONDS", 0)
        get(cache, "kept")
        assert len(lines) == 2
    assert all(line.startswith("WARNING cache is down") for line in lines)
    assert not any(proxy.host in line or str(proxy.port) in line for line in lines)


@pytest.mark.usefixtures("no_rest")
def test_a_key_of_another_kind_is_a_miss(cache: RedisCache, redis_flushed: RedisServer) -> None:
    """If somebody else's list lies under our key, that is a miss and no error."""
    with Redis.from_url(redis_flushed.url) as client:
        (key,) = client.keys("*")
        client.delete(key)
        client.rpush(key, "x")
    assert get(cache, "kept") is None


def test_values_are_kept_for_a_day_under_names_of_our_own(
    cache: RedisCache, redis_flushed: RedisServer
) -> None:
    """Entries expire, and don't get in the way of others who use the same Redis."""
    assert cache.is_up()
    with Redis.from_url(redis_flushed.url) as client:
        (key,) = client.keys("*")
        assert key.endswith(b":kept")
        assert 23 * 3600 < client.ttl(key) <= 24 * 3600


def test_a_full_redis_is_a_miss(cache: RedisCache, redis_flushed: RedisServer) -> None:
    """A server that takes no more values is no error either."""
    with Redis.from_url(redis_flushed.url) as client:
        client.config_set("maxmemory", 1)
        try:
            put(cache, "large", bytes(1_000_000))
        finally:
            client.config_set("maxmemory", 0)
        assert client.keys("*large") == []
