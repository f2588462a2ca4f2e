"""An image takes the place of another, and each step can fail and be repeated."""

from dataclasses import replace

import pytest

from app.errors import GenerationInProgress, ImageNotFound, RecordsUnavailable, StorageUnavailable
from app.models import ImageRecord, PageQuery, State, object_keys
from app.usecases.generation import sidecar
from app.usecases.images.images import Images, undo_if_deleted
from app.usecases.images.replacement import ReplaceImage
from tests.support.builders import NOON, World, a_record, a_request

CLAIM = "c" * 64


@pytest.fixture
def images(world: World) -> Images:
    """Make the use case that reads images, on the fakes."""
    return Images(world.store, world.records, world.clock)


@pytest.fixture
def replace_image(world: World) -> ReplaceImage:
    """Make the use case on the fakes."""
    return ReplaceImage(records=world.records, store=world.store, clock=world.clock)


def current(world: World, record: ImageRecord) -> ImageRecord:
    """Return the stored record."""
    return world.records.by_id[record.id]


def test_replaced_image_keeps_its_original_only(
    world: World, images: Images, replace_image: ReplaceImage
) -> None:
    """Its image is removed and it leaves the list; original and record stay, and name the other."""
    old, new = world.generate(a_request()), world.generate(a_request())
    replace_image(old, new)
    stored = current(world, old)
    assert (stored.state, stored.replaced_by) == (State.REPLACED, new.id)
    assert {key for key in world.store.objects if old.id in key} == {
        f"originals/{old.id}.png",
        f"originals/{old.id}.json",
    }
    note = world.store.objects[object_keys.sidecar_key(old.id)].data
    assert sidecar.read(old.id, note, found_at=NOON).replaced_by == new.id
    assert [record.id for record in images.page(PageQuery(limit=9)).records] == [new.id]
    assert images.record(old.id) == stored
    assert images.replacement_of(old.id) == new.id
    assert images.replacement_of(new.id) is None
    assert images.replacement_of("unknown") is None


def test_replacements_are_followed_to_the_newest(
    world: World, images: Images, replace_image: ReplaceImage
) -> None:
    """Replacing any version replaces the newest one, so a chain has one end and no circle."""
    first, second, third = (world.generate(a_request()) for _ in range(3))
    replace_image(first, second)
    replace_image(first, third)  # the record was read before the first replacement
    assert current(world, first).replaced_by == second.id
    assert current(world, second).replaced_by == third.id
    for record in (first, second):
        assert images.replacement_of(record.id) == third.id
    replace_image(current(world, third), current(world, second))  # which is no longer ready
    replace_image(current(world, first), current(world, third))
    assert current(world, third).state is State.READY
    assert images.replacement_of(first.id) == third.id


def test_concurrent_replacements_form_no_circle(
    world: World, images: Images, replace_image: ReplaceImage
) -> None:
    """A record that was read before it was replaced doesn't replace its own replacement."""
    first, second, third = (world.generate(a_request()) for _ in range(3))
    replace_image(first, second)
    replace_image(first, third)
    replace_image(first, second)  # both records were read before the other request
    assert current(world, third).state is State.READY
    assert [images.replacement_of(record.id) for record in (first, second)] == [third.id] * 2


def test_deleted_replacement_leaves_nothing_to_redirect_to(
    world: World, images: Images, replace_image: ReplaceImage
) -> None:
    """The old address is then absent; its original can be cut out again and replaces it again."""
    old, new, newer = (world.generate(a_request()) for _ in range(3))
    replace_image(old, new)
    images.delete(new.id)
    assert images.replacement_of(old.id) is None
    replace_image(current(world, old), newer)
    assert images.replacement_of(old.id) == newer.id


def test_replaced_image_is_deleted_with_its_original(
    world: World, images: Images, replace_image: ReplaceImage
) -> None:
    """Nothing of it is left, and the image that took its place is unchanged."""
    old, new = world.generate(a_request()), world.generate(a_request())
    replace_image(old, new)
    images.delete(old.id)
    assert world.records.by_id[old.id].is_tombstone
    assert all(new.id in key for key in world.store.objects)
    assert len(world.store.objects) == 3
    with pytest.raises(ImageNotFound):
        images.delete(old.id)


@pytest.mark.parametrize(
    ("port", "step", "error", "is_replaced"),
    [
        ("records", "get", RecordsUnavailable, False),
        ("records", "compare_and_swap", RecordsUnavailable, False),
        ("store", "put originals", StorageUnavailable, True),
        ("store", "delete images", StorageUnavailable, True),
    ],
)
def test_failed_replacement_can_be_repeated(
    world: World,
    replace_image: ReplaceImage,
    port: str,
    step: str,
    error: type[Exception],
    is_replaced: bool,
) -> None:
    """Before the record is changed nothing changes; after it, repeating removes the image."""
    old, new = world.generate(a_request()), world.generate(a_request())
    image = object_keys.image_key(old.id)
    getattr(world, port).fail(step, error())
    if step != "get":  # the first attempt reads nothing
        with pytest.raises(error):
            replace_image(old, new)
    assert (current(world, old).state is State.REPLACED) is is_replaced
    assert image in world.store.objects
    getattr(world, port).repair()
    replace_image(current(world, old), new)
    assert current(world, old).replaced_by == new.id
    assert image not in world.store.objects


def test_replacing_gives_up_if_others_keep_replacing(
    world: World, replace_image: ReplaceImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It doesn't try forever."""
    old, new = world.generate(a_request()), world.generate(a_request())
    monkeypatch.setattr(world.records, "compare_and_swap", lambda _old, _new: False)
    with pytest.raises(GenerationInProgress):
        replace_image(old, new)


@pytest.mark.parametrize("change", ["trashed", "deleted"])
def test_an_image_that_has_just_been_deleted_is_not_replaced(
    world: World, replace_image: ReplaceImage, change: str
) -> None:
    """It stays where it was moved to, and is missing for the caller; the new image is kept."""
    old, new = world.generate(a_request()), world.generate(a_request())
    gone = getattr(old, change)(world.clock.now())
    world.records.by_id[old.id] = gone
    with pytest.raises(ImageNotFound):
        replace_image(old, new)
    assert (current(world, old), current(world, new).state) == (gone, State.READY)


def test_circle_of_damaged_records_ends(world: World, images: Images) -> None:
    """Records that name each other lead nowhere, and are read a limited number of times."""
    one = a_record(state=State.REPLACED)
    other = a_record(state=State.REPLACED, replaced_by=one.id)
    for record in (replace(one, replaced_by=other.id), other):
        world.records.insert(record)
    assert images.replacement_of(one.id) is None


def test_late_image_of_a_replaced_record_is_removed(
    world: World, replace_image: ReplaceImage
) -> None:
    """A process that stores the image after the replacement removes it, and no other object."""
    old, new = world.generate(a_request()), world.generate(a_request())
    replace_image(old, new)
    keys = (object_keys.image_key(old.id), object_keys.sidecar_key(old.id))
    world.store.put(keys[0], b"late", content_type="image/png")
    undo_if_deleted(world.records, world.store, old.id, keys)
    assert keys[0] not in world.store.objects
    assert keys[1] in world.store.objects


def test_sidecar_is_not_restored_for_a_deleted_image(
    world: World, images: Images, replace_image: ReplaceImage
) -> None:
    """If the image is deleted during the replacement, nothing of it stays."""
    old, new = world.generate(a_request()), world.generate(a_request())
    replace_image(old, new)
    replaced = current(world, old)
    images.delete(old.id)
    replace_image.remove_image(replaced)
    assert not [key for key in world.store.objects if old.id in key]


def test_key_of_a_replaced_image_never_pays_again(
    world: World, replace_image: ReplaceImage
) -> None:
    """A repeated request returns the image that it generated, although another replaced it."""
    old = world.generate(a_request(), claim=CLAIM)
    replace_image(old, world.generate(a_request()))
    paid = len(world.generator.requests)
    assert world.generate(a_request(), claim=CLAIM) == current(world, old)
    assert len(world.generator.requests) == paid


def test_a_new_version_takes_over_what_was_noted(world: World, replace_image: ReplaceImage) -> None:
    """The new image has tags, star and group of both; a repeated request moves nothing again."""
    old, new = world.generate(a_request()), world.generate(a_request())
    noted = replace(old.organized(("fox",), starred=True), group="g")
    world.records.compare_and_swap(old, noted)
    replace_image(old, new)
    successor = current(world, new)
    assert (successor.tags, successor.starred, successor.group) == (("fox",), True, "g")
    unstarred = successor.organized((), starred=False)
    assert world.records.compare_and_swap(successor, unstarred)
    replace_image(current(world, old), unstarred)
    assert current(world, new) == unstarred
