"""What recovering promises beyond the table: nothing is lost, and nothing is said too early."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import Charged, GenerationInProgress, ImagePendingUpload, StorageUnavailable
from app.models import ImageRecord, State
from tests.support.builders import World, a_generation
from tests.support.observability.log_capture import log_lines
from tests.support.reconcile.abandoned_records import ID, Left, contents, leave, recover


@pytest.mark.parametrize("where", ["store", "spool"])
def test_a_full_disk_does_not_lose_what_is_safe_already(world: World, where: str) -> None:
    """If neither store nor spool take anything, an image that one of them has still waits."""
    row = leave(world, Left(Charged.YES, where))
    before = contents(world)
    world.store.fail("put originals", StorageUnavailable())
    world.spool.fail("put originals", StorageUnavailable())
    assert type(recover(world, row)) is ImagePendingUpload
    assert (world.record.state, contents(world)) == (State.PENDING, before)


def test_a_spool_that_can_not_be_emptied_does_not_hide_the_image(world: World) -> None:
    """An image that is stored and recorded is answered; what stays behind is logged."""
    row = leave(world, Left(Charged.YES, "spool"))
    world.spool.fail("delete originals", StorageUnavailable("disk"))
    with log_lines() as lines:
        assert recover(world, row) == world.record
    assert world.record.state is State.READY
    assert [line for line in lines if ID in line]


@pytest.mark.parametrize(
    ("charged", "known", "safe"),
    [
        (Charged.YES, False, True),
        (Charged.NO, True, True),
        (Charged.NO, False, False),
        (Charged.UNKNOWN, False, False),
    ],
)
def test_only_what_was_seen_is_called_safe(
    world: World, charged: Charged, known: bool, safe: bool
) -> None:
    """With the store down nobody hears that an image is kept which perhaps never was drawn."""
    row = leave(world, Left(charged, "nowhere", known=known))
    world.store.fail("get originals", StorageUnavailable())
    result = recover(world, row)
    assert isinstance(result, ImagePendingUpload)
    assert ("kept safely" in result.message) is safe


def test_an_image_keeps_the_place_that_it_had(world: World) -> None:
    """A row that says when its image was made keeps that time."""
    row = leave(world, Left(Charged.YES, "store"))
    made_at = row.requested_at + timedelta(seconds=1)
    world.records.by_id[ID] = row = replace(row, created_at=made_at)
    recover(world, row)
    assert world.record.created_at == made_at


def test_the_same_bytes_are_found_in_the_spool_first(world: World) -> None:
    """What waited here is taken before the store is asked."""
    row = leave(world, Left(Charged.YES, "both"))
    recover(world, row)
    reads = [event for event in world.events if " get " in event]
    assert reads == ["spool get originals"] * 2  # the image and its note


def test_a_worker_that_stored_it_meanwhile_is_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the late worker finishes while others look in vain, nobody calls the outcome unknown."""
    row = leave(world, Left(Charged.UNKNOWN, "nowhere"))
    ready, compare_and_swap = a_generation(id=ID), world.records.compare_and_swap

    def late(old: ImageRecord, new: ImageRecord) -> bool:
        if new.state is State.UNKNOWN:
            world.records.by_id[ID] = ready
        return compare_and_swap(old, new)

    monkeypatch.setattr(world.records, "compare_and_swap", late)
    assert type(recover(world, row)) is GenerationInProgress
    assert world.record == ready
