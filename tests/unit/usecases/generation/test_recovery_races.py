"""Recovery loses no image, and reports none too early."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import Charged, GenerationInProgress, ImagePendingUpload, StorageUnavailable
from app.models import ImageRecord, State
from tests.support.builders import World, a_record
from tests.support.observability.log_capture import log_lines
from tests.support.reconcile.abandoned_records import (
    ID,
    AbandonedState,
    contents,
    recover,
    set_up_abandoned,
)


@pytest.mark.parametrize("where", ["store", "spool"])
def test_full_disk_loses_no_stored_original(world: World, where: str) -> None:
    """If neither store nor spool accept anything, an original in one of them still waits."""
    record = set_up_abandoned(world, AbandonedState(Charged.YES, where))
    before = contents(world)
    world.store.fail("put originals", StorageUnavailable())
    world.spool.fail("put originals", StorageUnavailable())
    assert type(recover(world, record)) is ImagePendingUpload
    assert (world.record.state, contents(world)) == (State.PENDING, before)


def test_uncleared_spool_does_not_hide_the_image(world: World) -> None:
    """A finished image is returned though its spool could not be cleared, which is logged."""
    record = set_up_abandoned(world, AbandonedState(Charged.YES, "spool"))
    world.spool.fail("delete originals", StorageUnavailable("disk"))
    with log_lines() as lines:
        assert recover(world, record) == world.record
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
def test_only_a_drawn_image_is_called_safe(
    world: World, charged: Charged, known: bool, safe: bool
) -> None:
    """With the store down, the message calls an image kept only if it is known to be drawn."""
    record = set_up_abandoned(world, AbandonedState(charged, "nowhere", known=known))
    world.store.fail("get originals", StorageUnavailable())
    result = recover(world, record)
    assert isinstance(result, ImagePendingUpload)
    assert ("kept safely" in result.message) is safe


def test_image_keeps_its_place_in_the_list(world: World) -> None:
    """A record that has `created_at` keeps it."""
    record = set_up_abandoned(world, AbandonedState(Charged.YES, "store"))
    drawn_at = record.requested_at + timedelta(seconds=1)
    world.records.by_id[ID] = record = replace(record, created_at=drawn_at)
    recover(world, record)
    assert world.record.created_at == drawn_at


def test_spool_is_searched_first(world: World) -> None:
    """An original in the spool is used without reading the store."""
    record = set_up_abandoned(world, AbandonedState(Charged.YES, "both"))
    recover(world, record)
    reads = [event for event in world.events if " get " in event]
    assert reads == ["spool get originals"] * 2  # the image and its note


def test_late_worker_wins_over_recovery(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the late worker finishes during recovery, the outcome is not set to unknown."""
    record = set_up_abandoned(world, AbandonedState(Charged.UNKNOWN, "nowhere"))
    ready, compare_and_swap = a_record(id=ID), world.records.compare_and_swap

    def late(old: ImageRecord, new: ImageRecord) -> bool:
        if new.state is State.UNKNOWN:
            world.records.by_id[ID] = ready
        return compare_and_swap(old, new)

    monkeypatch.setattr(world.records, "compare_and_swap", late)
    assert type(recover(world, record)) is GenerationInProgress
    assert world.record == ready
