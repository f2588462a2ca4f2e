"""The store for repairs, which bypasses the cache and invalidates what it changes."""

from app.services.caching.caching_store import CachingStore, UncachedStore
from tests.support.builders import World

KEY = "images/x.png"


def test_reading_bypasses_the_cache(world: World) -> None:
    """Reads ignore the cache, and originals do not fill it."""
    world.store.put(KEY, b"old", content_type="image/png")
    CachingStore(world.store, world.cache).get(KEY)
    world.store.put(KEY, b"new", content_type="image/png")
    entries = dict(world.cache.entries)
    assert UncachedStore(world.store, world.cache).get(KEY).data == b"new"
    assert world.cache.entries == entries


def test_changes_invalidate_the_cache(world: World) -> None:
    """Clients see what a repair stored or removed."""
    cached, fresh = (kind(world.store, world.cache) for kind in (CachingStore, UncachedStore))
    fresh.put(KEY, b"first", content_type="image/png")
    assert cached.get(KEY).data == b"first"
    fresh.put(KEY, b"second", content_type="image/png")
    assert cached.get(KEY).data == b"second"
    fresh.delete(KEY)
    assert world.cache.entries == {}
