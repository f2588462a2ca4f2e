"""Replaced images: what is left of them is removed, and nothing of them counts as lost."""

from dataclasses import replace

import pytest

from app.models import ImageRecord, State
from app.usecases.images.replacement import ReplaceImage
from app.usecases.reconcile.diagnosis import Discrepancy
from tests.support.builders import World, a_request
from tests.support.reconcile.damage import dropping, keys_of, move
from tests.support.reconcile.runs import outcome, reconcile


@pytest.fixture
def replaced(world: World) -> ImageRecord:
    """Generate two images, and replace the first by the second; return its record."""
    old, new = world.generate(a_request()), world.generate(a_request())
    ReplaceImage(records=world.records, store=world.store, clock=world.clock)(old, new)
    world.clock.advance(1000)
    return world.records.by_id[old.id]


def put_image(world: World, record: ImageRecord) -> None:
    """Store the image again, as a crash before its removal leaves it."""
    world.store.put(keys_of(record)[2], b"the old image", content_type="image/png")


def test_replaced_image_is_no_discrepancy(world: World, replaced: ImageRecord) -> None:
    """It has no image, and is not lost."""
    assert outcome(reconcile(world, fix=True)) == {}
    assert world.records.by_id[replaced.id] == replaced


@pytest.mark.parametrize("with_note", [True, False])
def test_image_that_is_still_stored_is_removed(
    world: World, replaced: ImageRecord, with_note: bool
) -> None:
    """A crash before the removal leaves the image, and perhaps no sidecar that names the other."""
    put_image(world, replaced)
    original, note, image = keys_of(replaced)
    if not with_note:
        world.store.delete(note)
    assert outcome(reconcile(world, fix=False))[Discrepancy.REPLACED_IMAGE] == (0, 1)
    assert image in world.store.objects
    assert outcome(reconcile(world, fix=True))[Discrepancy.REPLACED_IMAGE] == (1, 0)
    assert image not in world.store.objects
    assert original in world.store.objects
    assert b"replaced_by" in world.store.objects[note].data
    assert outcome(reconcile(world, fix=True)) == {}
    assert world.records.by_id[replaced.id] == replaced


def test_missing_original_is_reported(world: World, replaced: ImageRecord) -> None:
    """It can't be restored, and the record stays."""
    dropping("original")(world.ports, replaced)
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.ORIGINAL_LOST: (0, 1)}
    assert world.records.by_id[replaced.id] == replaced


@pytest.mark.parametrize("image_left", [True, False])
def test_lost_record_is_rebuilt_as_replaced(
    world: World, replaced: ImageRecord, image_left: bool
) -> None:
    """The sidecar names the other image, so the old one does not return to the list."""
    dropping("record")(world.ports, replaced)
    if image_left:
        put_image(world, replaced)
    for _ in range(2):
        reconcile(world, fix=True)
    rebuilt = world.records.by_id[replaced.id]
    assert (rebuilt.state, rebuilt.replaced_by) == (State.REPLACED, replaced.replaced_by)
    assert rebuilt.original == replaced.original
    assert keys_of(replaced)[2] not in world.store.objects
    assert outcome(reconcile(world, fix=True)) == {}


@pytest.mark.parametrize("has_record", [True, False])
def test_spooled_original_is_uploaded(
    world: World, replaced: ImageRecord, has_record: bool
) -> None:
    """An original that still waits in a spool is stored, and the image stays replaced."""
    for key in keys_of(replaced)[:2]:
        move(key, world.store, world.spool)
    if not has_record:
        dropping("record")(world.ports, replaced)
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (1, 0)}
    assert world.spool.objects == {}
    assert set(keys_of(replaced)[:2]) <= set(world.store.objects)
    assert world.records.by_id[replaced.id].state is State.REPLACED
    assert outcome(reconcile(world, fix=True)) == {}


def test_spooled_original_without_a_known_one_is_kept(world: World, replaced: ImageRecord) -> None:
    """If the record names no original, the spooled one is reported and stays."""
    original = keys_of(replaced)[0]
    move(original, world.store, world.spool)
    world.records.by_id[replaced.id] = replace(replaced, original=None)
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (0, 1)}
    assert original in world.spool.objects
