"""A spool that returns after its image was deleted restores nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.container.generation import build_maintenance
from app.models import ImageRecord, object_keys
from app.usecases.images.images import Images
from app.usecases.reconcile.diagnosis import Discrepancy
from tests.support.builders import RETENTION, World, a_request
from tests.support.observability.log_capture import log_lines
from tests.support.reconcile.runs import outcome, reasons, reconcile

DAY = timedelta(days=1)


def spool_again(world: World, record: ImageRecord) -> None:
    """Put original and sidecar into the spool, as a server left them that was then switched off."""
    assert record.original
    for key in (record.original.key, object_keys.sidecar_key(record.id)):
        world.spool.objects[key] = world.store.objects[key]


def deleted_image(world: World, *, claim: str = "") -> ImageRecord:
    """Generate an image that is also in a spool, and delete it."""
    record = world.generate(a_request(), claim=claim)
    spool_again(world, record)
    Images(world.store, world.records, world.clock).delete(record.id)
    return record


@pytest.mark.parametrize("claim", ["", "c" * 64])
@pytest.mark.parametrize("by", ["maintenance", "reconcile"])
def test_deleted_image_stays_deleted(world: World, claim: str, by: str) -> None:
    """The spool is emptied, no object returns, and nothing is booked again."""
    deleted_image(world, claim=claim)
    spent = dict(world.ledger.counts)
    world.clock.advance(1000)
    if by == "maintenance":
        build_maintenance(world.ports, world.readiness, world.recover, RETENTION)()
    else:
        assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (1, 0)}
    assert world.spool.objects == world.store.objects == {}
    assert world.record.is_tombstone
    assert world.ledger.counts == spent


@pytest.mark.parametrize("days", [1, 6, 7, 30])
def test_deleted_image_stays_deleted_after_its_tombstone(world: World, days: int) -> None:
    """However late the spool returns, with the tombstone removed as soon as possible."""
    record = deleted_image(world)
    world.clock.advance(days * DAY.total_seconds())
    world.records.forget_claims(world.clock.now() - RETENTION)
    maintenance = build_maintenance(world.ports, world.readiness, world.recover, RETENTION)
    maintenance()
    maintenance()
    assert world.store.objects == {}
    assert world.spool.objects == {} or record.id not in world.records.by_id


def test_clock_that_is_ahead_by_hours_restores_nothing(world: World) -> None:
    """A server whose clock is ahead removes tombstones early; the margin covers that."""
    deleted_image(world)
    world.clock.advance((RETENTION - DAY / 2).total_seconds())
    world.records.by_id.clear()
    report = reconcile(world, fix=True)
    assert outcome(report) == {Discrepancy.SPOOLED: (0, 1)}
    assert world.store.objects == {}


def test_young_image_without_a_record_is_restored(world: World) -> None:
    """An image that a tombstone would name if it had been deleted is not lost."""
    record = world.generate(a_request())
    spool_again(world, record)
    world.store.objects.clear()
    world.records.by_id.clear()
    world.clock.advance((RETENTION / 2).total_seconds())
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (1, 0)}
    assert world.record.is_finished


@pytest.mark.parametrize("note", [True, False])
def test_old_image_without_a_record_waits_for_the_operator(world: World, note: bool) -> None:
    """It stays in the spool, is reported with what to do, and is restored on request."""
    record = world.generate(a_request())
    spool_again(world, record)
    if not note:
        del world.spool.objects[object_keys.sidecar_key(record.id)]
    world.store.objects.clear()
    world.records.by_id.clear()
    world.clock.advance(RETENTION.total_seconds())
    report = reconcile(world, fix=True)
    assert outcome(report) == {Discrepancy.SPOOLED: (0, 1)}
    assert "--restore-spooled" in reasons(report)[0]
    assert world.spool.objects
    reconcile(world, fix=True, restore_spooled=True)
    assert world.record.is_finished
    assert world.spool.objects == {}


def test_the_waiting_image_is_logged_once(world: World) -> None:
    """Maintenance runs every few seconds, and does not fill the log."""
    deleted_image(world)
    world.records.by_id.clear()
    world.clock.advance(RETENTION.total_seconds())
    maintenance = build_maintenance(world.ports, world.readiness, world.recover, RETENTION)
    with log_lines() as lines:
        for _ in range(3):
            maintenance()
    assert sum(line.startswith("WARNING") for line in lines) == 1


def test_sidecar_of_another_time_proves_nothing(world: World) -> None:
    """A sidecar without a time of the request is not taken for a new one."""
    record = world.generate(a_request())
    spool_again(world, record)
    key = object_keys.sidecar_key(record.id)
    world.spool.objects[key] = replace(world.spool.objects[key], data=b"{}")
    world.records.by_id.clear()
    world.store.objects.clear()
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (0, 1)}


def test_spool_that_another_process_clears_meanwhile_is_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both list the spool; the other one uploads and removes everything before this one reads."""
    record = world.generate(a_request())
    spool_again(world, record)
    read = world.records.get

    def read_after_the_other(image_id: str) -> ImageRecord | None:
        world.spool.objects.clear()
        return read(image_id)

    monkeypatch.setattr(world.records, "get", read_after_the_other)
    maintenance = build_maintenance(world.ports, world.readiness, world.recover, RETENTION)
    with log_lines() as lines:
        maintenance()
    assert [line for line in lines if line.startswith(("WARNING", "ERROR"))] == []
    assert world.record.is_finished
