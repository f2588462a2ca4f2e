"""The store that repairs use: reads past the cache, and lets it forget what changes."""

from app.services.caching.caching_store import CachingStore, UncachedStore
from tests.support.builders import World

KEY = "images/x.png"


def test_reading_asks_the_store_and_remembers_nothing(world: World) -> None:
    """What the cache says is not believed, and originals don't fill it."""
    world.store.put(KEY, b"old", content_type="image/png")
    CachingStore(world.store, world.cache).get(KEY)
    world.store.put(KEY, b"new", content_type="image/png")
    entries = dict(world.cache.entries)
    assert UncachedStore(world.store, world.cache).get(KEY).data == b"new"
    assert world.cache.entries == entries


def test_what_is_changed_is_forgotten_by_the_cache(world: World) -> None:
    """Callers see what a repair stored or removed, not what they saw before."""
    cached, fresh = (kind(world.store, world.cache) for kind in (CachingStore, UncachedStore))
    fresh.put(KEY, b"first", content_type="image/png")
    assert cached.get(KEY).data == b"first"
    fresh.put(KEY, b"second", content_type="image/png")
    assert cached.get(KEY).data == b"second"
    fresh.delete(KEY)
    assert world.cache.entries == {}
