import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import AppError, ImageNotFound, StorageUnavailable
from app.services.cached_store import CachedStore
from tests.builders import World

KEY = "images/x.png"


def filled(data: bytes = b"the picture") -> tuple[World, CachedStore]:
    """Make a cached store that has one object, which the cache has not seen."""
    world = World()
    store = CachedStore(world.store, world.cache)
    store.put(KEY, data, content_type="image/png")
    world.events.clear()
    return world, store


def remembered() -> bytes:
    """Return what a sound cache entry of that object looks like."""
    world, store = filled()
    store.get(KEY)
    return world.cache.entries[KEY]


SOUND = remembered()


@given(st.binary(max_size=5000))
def test_what_was_read_once_is_read_from_the_cache(data: bytes) -> None:
    """The second read asks the store no more, and gives the same bytes, type and time."""
    world, store = filled(data)
    first, second = store.get(KEY), store.get(KEY)
    assert first == second == world.store.objects[KEY]
    assert world.events.count("store get images") == 1


def assert_dropped(value: bytes) -> None:
    """Check that this cache entry is not believed, and replaced by what the store has."""
    world, store = filled()
    world.cache.entries[KEY] = value
    assert store.get(KEY) == world.store.objects[KEY]
    assert world.events.count("store get images") == 1
    assert world.cache.entries[KEY] == SOUND


@given(st.binary(max_size=200))
def test_any_bytes_in_the_cache_are_dropped(value: bytes) -> None:
    """Bytes that this service did not write are never served."""
    assert_dropped(value)


@given(st.integers(0, len(SOUND) - 1))
def test_a_cut_entry_is_dropped(length: int) -> None:
    """An entry that lost its end is read from the store again."""
    assert_dropped(SOUND[:length])


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_an_entry_with_a_changed_byte_is_dropped(place: int, change: int) -> None:
    """Not one byte of an entry can change unnoticed, be it content, type or time."""
    poisoned = bytearray(SOUND)
    poisoned[place] ^= change
    assert_dropped(bytes(poisoned))


def test_an_entry_with_something_behind_it_is_dropped() -> None:
    """An entry that grew is read from the store again."""
    assert_dropped(SOUND + b"\0")


@pytest.mark.parametrize("error", [StorageUnavailable(), ImageNotFound()])
def test_failures_are_never_remembered(error: AppError) -> None:
    """After an outage, or once a missing object has come, the next read gives it."""
    world, store = filled()
    world.store.fail("get images", error)
    with pytest.raises(type(error)):
        store.get(KEY)
    assert world.cache.entries == {}
    world.store.mend()
    assert store.get(KEY).data == b"the picture"


def test_a_cached_picture_survives_an_outage_of_the_store() -> None:
    """What the cache has is served while the store is down."""
    world, store = filled()
    store.get(KEY)
    world.store.fail("get images", StorageUnavailable())
    assert store.get(KEY).data == b"the picture"


def test_replacing_forgets_the_old_content_after_the_new_is_stored() -> None:
    """No read can bring the old content back into the cache once the new one is stored."""
    world, store = filled()
    store.get(KEY)
    world.events.clear()
    store.put(KEY, b"another", content_type="image/png")
    assert world.events == ["store put images", "cache delete"]
    assert store.get(KEY).data == b"another"


def test_deleting_forgets_the_content_after_the_object_is_gone() -> None:
    """A deleted picture is not served from the cache."""
    world, store = filled()
    store.get(KEY)
    world.events.clear()
    store.delete(KEY)
    assert world.events == ["store delete images", "cache delete"]
    with pytest.raises(ImageNotFound):
        store.get(KEY)


def test_a_failed_deletion_keeps_the_entry() -> None:
    """What the store still has may still be served."""
    world, store = filled()
    store.get(KEY)
    world.store.fail("delete images", StorageUnavailable())
    with pytest.raises(StorageUnavailable):
        store.delete(KEY)
    assert store.get(KEY).data == b"the picture"


def test_addresses_and_health_are_those_of_the_store() -> None:
    """The cache has no say in where objects can be found and whether the store answers."""
    world, store = filled()
    world.cache.up = False
    store.ping()
    assert world.events == ["store ping"]
    assert store.public_url(KEY) == world.store.public_url(KEY)


def test_an_entry_of_another_key_is_dropped() -> None:
    """A sound entry that was moved to another key is not served there."""
    world, store = filled()
    other = "images/y.png"
    store.put(other, b"another picture", content_type="image/png")
    world.cache.entries[other] = SOUND
    assert store.get(other).data == b"another picture"
