"""The trash: images come back as they were, and each step can fail and be repeated."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import AppError, ImageNotFound, ImageTrashed, StorageUnavailable
from app.models import ImageRecord, PageQuery, State, object_keys
from app.usecases.images.images import Images
from app.usecases.images.trash import Trash
from tests.support.builders import World, a_request
from tests.support.observability.prometheus import value

CLAIM = "c" * 64
PERIOD = timedelta(days=7)
INTERRUPTIONS = pytest.mark.parametrize(
    ("action", "operation"),
    [
        ("delete", "get images"),
        ("delete", "put originals"),
        ("delete", "delete images"),
        ("restore", "get originals"),
        ("restore", "put images"),
        ("restore", "delete originals"),
    ],
)


@pytest.fixture
def images(world: World) -> Images:
    """Make the use case that deletes for good, on the fakes."""
    return Images(world.store, world.records, world.clock)


@pytest.fixture
def trash(world: World, images: Images) -> Trash:
    """Make the use case on the fakes."""
    return Trash(
        records=world.records,
        store=world.store,
        clock=world.clock,
        images=images,
        observer=world.ports.observer,
        period=PERIOD,
    )


def places(world: World, record: ImageRecord) -> set[str]:
    """Return where the cut-out image is: `image`, `trash` or both."""
    keys = {key for key in world.store.objects if record.id in key}
    named = {object_keys.image_key(record.id): "image", object_keys.trash_key(record.id): "trash"}
    return {named[key] for key in keys & named.keys()}


def state_of(world: World, record: ImageRecord) -> State:
    """Return the state of the stored record."""
    return world.records.by_id[record.id].state


def test_a_restored_image_is_the_same(world: World, trash: Trash) -> None:
    """In between it is in no list, and neither image nor variant is at its address."""
    made = world.generate(a_request(), claim=CLAIM)
    before = dict(world.store.objects)
    trash.delete(made.id)
    assert (state_of(world, made), places(world, made)) == (State.TRASHED, {"trash"})
    assert trash.images.page(PageQuery(limit=9)).records == []
    trashed = trash.images.page(PageQuery(limit=9, trashed=True)).records
    assert [record.id for record in trashed] == [made.id]
    for read in (trash.images.fetch, trash.images.record):
        with pytest.raises(ImageNotFound):
            read(made.id)
    with pytest.raises(ImageTrashed):
        world.generate(a_request(), claim=CLAIM)
    restored = trash.restore(made.id)
    assert replace(restored, lease_until=made.lease_until) == made
    assert {key: value.data for key, value in world.store.objects.items()} == {
        key: value.data for key, value in before.items()
    }
    assert world.events.count("generator draw") == 1


def test_repeated_requests_change_nothing(world: World, trash: Trash) -> None:
    """Its time in the trash does not begin again, and what is in the list is not restored."""
    made = world.generate(a_request())
    assert trash.restore(made.id) == made
    trash.delete(made.id)
    first = world.records.by_id[made.id]
    world.clock.advance(60)
    trash.delete(made.id)
    assert world.records.by_id[made.id] == first
    trash.delete(made.id, purge=True)
    assert {key for key in world.store.objects if made.id in key} == set()
    for again in (trash.delete, trash.restore):
        with pytest.raises(ImageNotFound):
            again(made.id)


def test_without_a_period_nothing_is_kept(world: World, images: Images) -> None:
    """As before there was a trash."""
    trash = Trash(
        records=world.records,
        store=world.store,
        clock=world.clock,
        images=images,
        observer=world.ports.observer,
        period=timedelta(),
    )
    made = world.generate(a_request())
    trash.delete(made.id)
    assert state_of(world, made) is State.DELETED


def test_a_replaced_image_returns_as_replaced(world: World, trash: Trash) -> None:
    """Only its original is kept, and its address redirects again."""
    old, new = world.generate(a_request()), world.generate(a_request())
    replaced = old.replaced(new.id, world.clock.now())
    world.records.compare_and_swap(old, replaced)
    world.store.delete(object_keys.image_key(old.id))
    trash.delete(old.id)
    assert trash.images.replacement_of(old.id) is None
    assert trash.restore(old.id).state is State.REPLACED
    assert trash.images.replacement_of(old.id) == new.id
    assert places(world, old) == set()


@INTERRUPTIONS
def test_an_interrupted_move_is_completed_by_repeating_it(
    world: World, trash: Trash, action: str, operation: str
) -> None:
    """Whichever call to the store fails, the image is kept, and the same request completes it."""
    made = world.generate(a_request())
    if action == "restore":
        trash.delete(made.id)
    move = getattr(trash, action)
    world.store.fail(operation, StorageUnavailable("down"))
    with pytest.raises(StorageUnavailable):
        move(made.id)
    assert places(world, made)
    world.store.repair()
    move(made.id)
    assert places(world, made) == ({"trash"} if action == "delete" else {"image"})
    expected = State.TRASHED if action == "delete" else State.READY
    assert state_of(world, made) is expected


@INTERRUPTIONS
def test_a_deletion_for_good_removes_what_an_interrupted_move_left(
    world: World, trash: Trash, action: str, operation: str
) -> None:
    """The image may be at its address, in the trash, or at both, whatever its record says."""
    made = world.generate(a_request())
    if action == "restore":
        trash.delete(made.id)
    world.store.fail(operation, StorageUnavailable("down"))
    with pytest.raises(StorageUnavailable):
        getattr(trash, action)(made.id)
    world.store.repair()
    trash.delete(made.id, purge=True)
    assert {key for key in world.store.objects if made.id in key} == set()


def test_the_trash_is_emptied_when_the_time_is_over(world: World, trash: Trash) -> None:
    """Only records whose time is over, and that are not restored meanwhile, are deleted."""
    old, young, restored = (world.generate(a_request()) for _ in range(3))
    trash.delete(old.id)
    trash.delete(restored.id)
    world.clock.advance(PERIOD.total_seconds() - 1)
    trash.delete(young.id)
    assert trash.empty() == 0
    world.clock.advance(1)
    seen = world.records.by_id[restored.id]
    trash.restore(restored.id)
    assert not trash.images.purge(seen)
    assert trash.empty() == 1
    states = [state_of(world, record) for record in (old, young, restored)]
    assert states == [State.DELETED, State.TRASHED, State.READY]
    assert {key for key in world.store.objects if old.id in key} == set()
    assert places(world, restored) == {"image"}


def test_a_changed_period_applies_to_what_is_in_the_trash(world: World, trash: Trash) -> None:
    """A server without a trash restores and deletes what is in it; a longer period keeps it."""
    restored, deleted, kept = (world.generate(a_request()) for _ in range(3))
    none, longer = replace(trash, period=timedelta()), replace(trash, period=2 * PERIOD)
    for record in (restored, deleted):
        trash.delete(record.id)
    none.restore(restored.id)
    world.clock.advance(0.001)
    assert none.empty() == 1
    trash.delete(kept.id)
    world.clock.advance(PERIOD.total_seconds())
    assert (longer.empty(), trash.empty()) == (0, 1)
    states = [state_of(world, record) for record in (restored, deleted, kept)]
    assert states == [State.READY, State.DELETED, State.DELETED]


def test_each_image_is_counted_once(world: World, trash: Trash) -> None:
    """Repeated and refused requests count nothing, nor do images that were never in the trash.

    What remains of the sum is the number of images in the trash.
    """
    kept, purged, old, direct, left = (world.generate(a_request()) for _ in range(5))
    trash.delete(direct.id, purge=True)
    for record in (kept, purged, old):
        trash.delete(record.id)
        trash.delete(record.id)
    for _ in range(2):
        trash.restore(kept.id)
    world.store.fail("delete images", StorageUnavailable("down"))
    with pytest.raises(StorageUnavailable):
        trash.delete(purged.id, purge=True)
    world.store.repair()
    trash.delete(purged.id, purge=True)
    with pytest.raises(ImageNotFound):
        trash.delete(purged.id, purge=True)
    world.clock.advance(PERIOD.total_seconds())
    assert trash.empty() == 1
    trash.delete(left.id)
    page = world.ports.observer.page([], waiting=None).decode()
    counts = {
        action: value(page, "imageapi_trash_total", action=action)
        for action in ("trashed", "restored", "purged", "emptied")
    }
    assert counts == {"trashed": 4, "restored": 1, "purged": 1, "emptied": 1}


def test_settling_follows_the_record(world: World, trash: Trash) -> None:
    """Copies that a crash left are removed; an image that was cut out again is not lost to them."""
    made = world.generate(a_request())
    image, trashed = object_keys.image_key(made.id), object_keys.trash_key(made.id)
    png = world.store.objects[image].data
    world.store.put(trashed, b"older", content_type=object_keys.PNG)
    trash.settle(made.id)
    assert (places(world, made), world.store.objects[image].data) == ({"image"}, png)
    trash.delete(made.id)
    world.store.put(image, b"made by another process", content_type=object_keys.PNG)
    trash.settle(made.id)
    assert (places(world, made), world.store.objects[trashed].data) == ({"trash"}, png)
    trash.settle("unknown")


def test_errors_of_the_trash_are_public(world: World, trash: Trash) -> None:
    """Another caller's image is missing, whatever is asked of it."""
    made = world.generate(a_request())
    for call in (trash.delete, trash.restore):
        with pytest.raises(AppError) as raised:
            call(made.id, owner="eve")
        assert raised.value.code == "image_not_found"
    assert state_of(world, made) is State.READY
