import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import AppError, ImageNotFound, StorageUnavailable
from app.services.caching.caching_store import CachingStore
from tests.support.builders import World

KEY = "images/x.png"


def filled(data: bytes = b"the image") -> tuple[World, CachingStore]:
    """Return a caching store with one object that is not cached yet."""
    world = World()
    store = CachingStore(world.store, world.cache)
    store.put(KEY, data, content_type="image/png")
    world.events.clear()
    return world, store


@given(st.binary(max_size=5000))
def test_a_second_read_comes_from_the_cache(data: bytes) -> None:
    """The second read does not reach the store and returns the same bytes, type and time."""
    world, store = filled(data)
    first, second = store.get(KEY), store.get(KEY)
    assert first == second == world.store.objects[KEY]
    assert world.events.count("store get images") == 1


@pytest.mark.parametrize("error", [StorageUnavailable(), ImageNotFound()])
def test_failures_of_the_store_are_not_cached(error: AppError) -> None:
    """A read after an outage, or after a missing object was stored, returns the object."""
    world, store = filled()
    world.store.fail("get images", error)
    with pytest.raises(type(error)):
        store.get(KEY)
    assert world.cache.entries == {}
    world.store.repair()
    assert store.get(KEY).data == b"the image"


def test_a_cached_image_survives_an_outage_of_the_store() -> None:
    """Cached images are served while the store is down."""
    world, store = filled()
    store.get(KEY)
    world.store.fail("get images", StorageUnavailable())
    assert store.get(KEY).data == b"the image"


def test_replacing_forgets_the_old_content_after_the_new_is_stored() -> None:
    """Once the new content is stored, no read can put the old content back into the cache."""
    world, store = filled()
    store.get(KEY)
    world.events.clear()
    store.put(KEY, b"another", content_type="image/png")
    assert world.events == ["store put images", "cache forget"]
    assert store.get(KEY).data == b"another"


def test_deleting_forgets_the_content_after_the_object_is_gone() -> None:
    """A deleted image is not served from the cache."""
    world, store = filled()
    store.get(KEY)
    world.events.clear()
    store.delete(KEY)
    assert world.events == ["store delete images", "cache forget"]
    with pytest.raises(ImageNotFound):
        store.get(KEY)


def test_a_failed_deletion_keeps_the_entry() -> None:
    """An object that is still in the store may still be served."""
    world, store = filled()
    store.get(KEY)
    world.store.fail("delete images", StorageUnavailable())
    with pytest.raises(StorageUnavailable):
        store.delete(KEY)
    assert store.get(KEY).data == b"the image"


def test_addresses_and_health_are_those_of_the_store() -> None:
    """Public addresses and pings are passed to the store."""
    world, store = filled()
    world.cache.up = False
    store.ping()
    assert world.events == ["store ping"]
    assert store.public_url(KEY) == world.store.public_url(KEY)


def test_originals_are_cached_by_this_process_only() -> None:
    """Originals are not shared, and each file type is an entry of its own."""
    world, store = filled()
    for extension in ("png", "webp"):
        store.put(f"originals/x.{extension}", extension.encode(), content_type=f"image/{extension}")
    world.events.clear()
    assert [store.get(f"originals/x.{end}").data for end in ("png", "webp")] == [b"png", b"webp"]
    assert world.events.count("cache fetch privately") == 2
    assert set(world.cache.entries) == {("x", "original.png"), ("x", "original.webp")}


def test_sidecar_notes_are_never_cached() -> None:
    """A sidecar is read from the store each time, and storing one drops no image."""
    world, store = filled()
    store.get(KEY)
    store.put("originals/x.json", b"{}", content_type="application/json")
    assert store.get("originals/x.json").data == b"{}"
    assert set(world.cache.entries) == {("x", "image")}
