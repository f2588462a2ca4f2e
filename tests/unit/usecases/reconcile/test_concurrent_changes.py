"""Changes by servers while reconcile runs, and states that are no discrepancies."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.errors import ImageNotFound
from app.models import State
from app.usecases.images.images import Images
from app.usecases.reconcile.diagnosis import Discrepancy
from app.usecases.reconcile.report import MAX_LISTED
from tests.support.builders import World, a_record, a_request
from tests.support.reconcile.damage import (
    REPAIRABLE,
    Damage,
    changing,
    dropping,
    keys_of,
    move,
    name_of,
    spooling,
)
from tests.support.reconcile.runs import (
    FakeTempFiles,
    a_damaged_image,
    before_first_call,
    outcome,
    reconcile,
)


@pytest.mark.parametrize("spooled", [False, True])
def test_leased_record_is_neither_reported_nor_changed(world: World, spooled: bool) -> None:
    """While the lease of a pending record runs, its objects do not matter."""
    record = world.generate(a_request())
    until = world.clock.now() + timedelta(milliseconds=1)
    damage = changing("image", state=State.PENDING, lease_until=until)
    (spooling(damage) if spooled else damage)(world.ports, record)
    before = dict(world.records.by_id), dict(world.store.objects), dict(world.spool.objects)
    assert outcome(reconcile(world, fix=True)) == {}
    assert (world.records.by_id, world.store.objects, world.spool.objects) == before


def test_outdated_listing_is_checked_again(world: World) -> None:
    """An image that is created while the listings are read is no discrepancy."""
    world.generate(a_request())
    world.records.scan = lambda **_: []  # type: ignore[method-assign]  # reason: the list from before it was created
    world.events.clear()
    assert outcome(reconcile(world, fix=True)) == {}
    assert "records insert" not in world.events


def test_deletion_during_the_check_is_no_discrepancy(world: World) -> None:
    """Objects that are deleted between two reads of the record do not count as lost."""
    record = world.generate(a_request())
    world.clock.advance(1000)
    dropping("image")(world.ports, record)
    delete = Images(world.store, world.records, world.clock).delete
    listed: list[str] = []
    keys = world.store.keys

    def listing(prefix: str) -> Any:
        if prefix.endswith(".") and not listed:
            listed.append(prefix)
            delete(record.id)
        return keys(prefix)

    world.store.keys = listing  # type: ignore[method-assign]  # reason: deletes the image in between
    assert outcome(reconcile(world, fix=True)) == {}
    assert (world.record.is_tombstone, world.store.objects) == (True, {})


@pytest.mark.parametrize("name", ["image", "note", "spooled, ready"])
def test_deletion_during_a_repair_wins(world: World, name: str) -> None:
    """What a repair stores for an image that is deleted meanwhile is deleted as well."""
    record = a_damaged_image(world, name)
    images = Images(world.store, world.records, world.clock)
    before_first_call(world.store, "put", lambda: images.delete(record.id))
    reconcile(world, fix=True)
    assert (world.record.is_tombstone, world.store.objects) == (True, {})


@pytest.mark.parametrize("damage", [d for d in REPAIRABLE if d.alive], ids=name_of)
def test_two_concurrent_runs_repair_an_image_once(world: World, damage: Damage) -> None:
    """If a second run starts during a repair, nothing remains after either of them."""
    record = world.generate(a_request())
    world.clock.advance(1000)
    damage.apply(world.ports, record)
    second: list[Any] = []
    before_first_call(world.store, "put", lambda: second.append(reconcile(world, fix=True)))
    first = reconcile(world, fix=True)
    assert (first.remaining, [run.remaining for run in second]) == (0, [0] * len(second))
    assert outcome(reconcile(world, fix=True)) == {}
    assert world.records.by_id[record.id].state is State.READY
    assert len(world.generator.requests) == 1


def test_unknown_outcomes_are_no_discrepancies(world: World) -> None:
    """Without stored objects there is nothing to repair: they are listed with their times."""
    record = a_record(state=State.UNKNOWN, original=None, image=None, created_at=None)
    world.records.by_id[record.id] = record
    report = reconcile(world, fix=True)
    assert (report.found, report.remaining) == (0, 0)
    assert report.unknown.listed == [(record.id, record.requested_at)]
    assert world.record == record


def test_other_objects_in_the_bucket_are_ignored(world: World) -> None:
    """Keys and ids of another form are neither reported nor changed."""
    known = world.generate(a_request()).id
    unknown = "ffffffff-ffff-4fff-bfff-ffffffffffff"
    for key in (
        "originals/notes.txt",
        "images/0badcafe.png",
        f"images/0/{unknown}.png",
        f"images/{unknown}.webp",
        f"originals/0/{unknown}.png",
        f"originals/{known}.txt",
        "backup/a.png",
    ):
        world.store.put(key, b"x", content_type="text/plain")
    record = a_record(id="inserted by hand")
    world.records.by_id[record.id] = record
    before = dict(world.store.objects)
    assert outcome(reconcile(world, fix=True)) == {}
    assert world.store.objects == before


def test_report_lists_a_thousand_entries_of_a_kind(world: World) -> None:
    """Further discrepancies are counted, so that the report stays small."""
    for _ in range(MAX_LISTED + 5):
        record = a_record()
        world.records.by_id[record.id] = record
    lost = reconcile(world, fix=False).kinds[Discrepancy.LOST]
    assert (lost.found, len(lost.listed), lost.unlisted) == (MAX_LISTED + 5, MAX_LISTED, 5)


@pytest.mark.parametrize("fix", [True, False])
def test_temporary_files_are_removed_after_a_day(world: World, fix: bool) -> None:
    """A partly written file is removed once no process can still be writing it."""
    now = world.clock.now()
    temp_files = FakeTempFiles({"old": now - timedelta(days=1, seconds=1), "new": now})
    report = reconcile(world, fix=fix, temp_files=temp_files)
    assert outcome(report) == {Discrepancy.TEMPORARY_FILE: (1, 0) if fix else (0, 1)}
    assert set(temp_files.files) == ({"new"} if fix else {"old", "new"})


def test_spooled_evidence_is_uploaded(world: World) -> None:
    """The unusable response of a failed generation is stored; its record is unchanged."""
    record = a_damaged_image(world, "evidence")
    failed = replace(record, state=State.FAILED, original=None, image=None, created_at=None)
    world.records.by_id[record.id] = failed
    for extension in ("bin", "json"):
        move(f"originals/{record.id}.{extension}", world.store, world.spool)
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (1, 0)}
    assert world.spool.objects == {}
    assert world.store.objects[f"originals/{record.id}.bin"].data == b"<html>"
    assert world.record == failed


def test_note_without_original_is_cleared_from_the_spool(world: World) -> None:
    """The note of an image that was uploaded and then deleted is not stored again."""
    record = a_damaged_image(world, "spooled, ready")
    original, note, image = keys_of(record)
    world.spool.delete(original)
    world.records.delete(record.id)
    world.store.delete(image)
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (1, 0)}
    assert (world.spool.objects, world.store.objects, world.records.by_id) == ({}, {}, {})
    with pytest.raises(ImageNotFound):
        world.store.get(note)


def test_finished_deletion_keeps_the_claim(world: World) -> None:
    """The record of an image with an Idempotency-Key stays, with nothing but its claim."""
    record = world.generate(a_request(), claim="the claim")
    changing("image", state=State.DELETED)(world.ports, record)
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.HALF_DELETED: (1, 0)}
    assert (world.record.state, world.record.claim) == (State.DELETED, "the claim")
    assert world.record.prompt == ""
    assert world.store.objects == {}
    assert outcome(reconcile(world, fix=True)) == {}


@pytest.mark.parametrize("name", ["interrupted", "unknown", "spooled"])
def test_record_that_another_process_takes_over_is_not_counted(world: World, name: str) -> None:
    """The run that loses the race reports the image neither as repaired nor as remaining."""
    a_damaged_image(world, name)
    second: list[Any] = []
    before_first_call(
        world.records, "compare_and_swap", lambda: second.append(reconcile(world, fix=True))
    )
    assert outcome(reconcile(world, fix=True)) == {}
    assert [list(outcome(run).values()) for run in second] == [[(1, 0)]]


@pytest.mark.parametrize("fix", [False, True])
def test_wrong_counts_are_one_discrepancy(world: World, fix: bool) -> None:
    """However many counts of the list are wrong, it is reported once, and repaired with fix."""
    world.records.miscounted = 7
    miscounted = reconcile(world, fix=fix).kinds[Discrepancy.MISCOUNTED]
    assert (miscounted.found, miscounted.repaired) == (1, int(fix))
    assert world.records.miscounted == (0 if fix else 7)
