"""The image cache of several processes that share one Valkey."""

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from app.errors import ImageNotFound
from app.imaging import Variant
from app.services.caching.caching_store import CachingStore
from app.services.caching.image_cache import TwoLevelCache
from app.services.caching.redis import RedisCache
from app.usecases.images.images import Images
from app.usecases.images.variants import Variants
from tests.support.builders import World
from tests.support.concurrency.threads import in_threads
from tests.support.servers.databases import RedisServer
from tests.support.stores.image_stores import CountingSource, image, unexpected


@pytest.fixture
def two(redis_flushed: RedisServer) -> Iterator[tuple[TwoLevelCache, TwoLevelCache]]:
    """Return the caches of two processes over one Valkey, without memory of their own."""
    with contextlib.ExitStack() as stack:
        caches = [
            stack.enter_context(
                contextlib.closing(TwoLevelCache(memory_bytes=0, shared=RedisCache(url)))
            )
            for url in [redis_flushed.patient_url] * 2
        ]
        yield caches[0], caches[1]


def test_forgetting_wins_over_a_fetch_of_another_process(
    two: tuple[TwoLevelCache, TwoLevelCache],
) -> None:
    """A result that another process read before a deletion is served by no process after it."""
    mine, other = two
    slow = CountingSource(image(b"old"))
    slow.released.clear()

    def fetch(number: int) -> None:
        if number == 0:
            other.fetch("x", "image", slow)
        else:
            assert slow.started.wait(60)
            mine.forget("x")
            slow.released.set()

    in_threads(2, fetch)
    for cache in two:
        with pytest.raises(ImageNotFound):
            cache.fetch("x", "image", CountingSource(ImageNotFound()))


def test_a_replaced_image_is_shared_again(
    two: tuple[TwoLevelCache, TwoLevelCache],
) -> None:
    """An image that is read after the old one was forgotten is shared by all processes."""
    mine, other = two
    mine.fetch("x", "image", CountingSource(image(b"old")))
    mine.forget("x")
    assert mine.fetch("x", "image", CountingSource(image(b"new"))).data == b"new"
    assert other.fetch("x", "image", unexpected).data == b"new"


def test_processes_share_images_but_not_originals(
    two: tuple[TwoLevelCache, TwoLevelCache],
) -> None:
    """An image is read once for all processes, an original once by each."""
    mine, other = two
    for name, share, times in (("image", True, 0), ("original.png", False, 1)):
        mine.fetch("x", name, CountingSource(image()), share=share)
        source = CountingSource(image())
        other.fetch("x", name, source, share=share)
        assert source.reads == times


def test_redis_keeps_a_bounded_number_of_entries_per_image(
    two: tuple[TwoLevelCache, TwoLevelCache], redis_flushed: RedisServer
) -> None:
    """Redis keeps at most 256 fields of an image, whatever the number of variants."""
    for number in range(300):
        two[0].fetch("x", f"w={number}", CountingSource(image(b"")))
    with Redis.from_url(redis_flushed.url) as redis:
        (key,) = redis.keys("*")
        assert redis.hlen(key) <= 256
    assert two[1].fetch("x", "w=299", unexpected) == image(b"")


@pytest.fixture
def field(redis_flushed: RedisServer) -> Iterator[tuple[Redis, bytes, bytes]]:
    """Return a client, the key of an image in Valkey, and its valid value."""
    with contextlib.closing(RedisCache(redis_flushed.patient_url)) as shared:
        shared.put("x", "image", image(), generation=b"")
        with Redis.from_url(redis_flushed.url) as redis:
            (key,) = redis.keys("*")
            yield redis, key, redis.hget(key, "image") or b""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_only_valid_values_are_served(
    two: tuple[TwoLevelCache, TwoLevelCache], field: tuple[Redis, bytes, bytes], data: st.DataObject
) -> None:
    """Foreign, truncated, extended and modified values are read again and replaced."""
    redis, key, valid = field
    place = data.draw(st.integers(0, len(valid) - 1))
    poison = data.draw(
        st.sampled_from(
            [
                valid[:place],
                valid + b"\0",
                valid[:place] + bytes([valid[place] ^ 1]) + valid[place + 1 :],
            ]
        )
        | st.binary(max_size=200)
    )
    redis.hset(key, "image", poison)
    source = CountingSource(image())
    assert two[0].fetch("x", "image", source) == image()
    assert source.reads == 1
    assert two[1].fetch("x", "image", unexpected) == image()


def test_a_valid_value_under_another_name_is_not_served(
    two: tuple[TwoLevelCache, TwoLevelCache], field: tuple[Redis, bytes, bytes]
) -> None:
    """A value that was copied to another field or image is invalid there."""
    redis, key, valid = field
    redis.hset(key, "w=1", valid)
    redis.hset(key[:-1] + b"y", "image", valid)
    for place in (("x", "w=1"), ("y", "image")):
        assert two[0].fetch(*place, CountingSource(image(b"right"))).data == b"right"


@pytest.fixture
def world() -> World:
    """Return all fakes."""
    return World()


def _admit() -> None:
    """Let every rendering begin."""


def test_a_variant_of_an_earlier_cutout_is_not_shared_with_the_new_one(
    redis_flushed: RedisServer, world: World
) -> None:
    """A server that still has the old image in memory renders variants of it for itself only."""
    image_id, small = "500e1665-0b52-4734-9ec8-c7241187276b", Variant(width=64, height=64)
    key = f"images/{image_id}.png"
    with contextlib.ExitStack() as stack:

        def server(memory_bytes: int) -> tuple[CachingStore, Variants]:
            cache = TwoLevelCache(
                memory_bytes=memory_bytes, shared=RedisCache(redis_flushed.patient_url)
            )
            stack.callback(cache.close)
            store = CachingStore(world.store, cache)
            return store, Variants(
                images=Images(store, world.records, world.clock),
                store=store,
                image_processor=world.image_processor,
                cache=cache,
            )

        (store, recutting), (_, remembering) = server(0), server(1_000_000)
        store.put(key, b"old", content_type="image/png")
        assert remembering.fetch(image_id, small, "", admit=_admit).data == b"old"
        store.put(key, b"new", content_type="image/png")
        remembering.fetch(image_id, small, small.canonical(), admit=_admit)
        (_, fresh) = server(1_000_000)
        for variants in (recutting, fresh):
            found = variants.fetch(image_id, small, small.canonical(), admit=_admit).data
            assert found == small.canonical().encode() + b" of new"
