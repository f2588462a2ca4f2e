"""How reconcile behaves beside running servers, and with what is not a fault at all."""

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
    MENDABLE,
    Mess,
    dropping,
    keys_of,
    move,
    name_of,
    setting,
    spooling,
)
from tests.support.reconcile.runs import FakeTempFiles, during, outcome, reconcile, spoilt


@pytest.mark.parametrize("spooled", [False, True])
def test_what_is_being_made_is_left_alone(world: World, spooled: bool) -> None:
    """A pending row whose lease runs is neither told nor touched, whatever objects it has."""
    row = world.generate(a_request())
    until = world.clock.now() + timedelta(milliseconds=1)
    spoil = setting("image", state=State.PENDING, lease_until=until)
    (spooling(spoil) if spooled else spoil)(world.ports, row)
    before = dict(world.records.by_id), dict(world.store.objects), dict(world.spool.objects)
    assert outcome(reconcile(world, fix=True)) == {}
    assert (world.records.by_id, world.store.objects, world.spool.objects) == before


def test_a_listing_of_the_past_is_not_believed(world: World) -> None:
    """An image that was made while the listings were read is no finding."""
    world.generate(a_request())
    world.records.scan = lambda **_: []  # type: ignore[method-assign]  # reason: what was listed before it was made
    world.events.clear()
    assert outcome(reconcile(world, fix=True)) == {}
    assert "records insert" not in world.events


def test_an_image_that_is_deleted_while_it_is_looked_at_is_no_finding(world: World) -> None:
    """Objects that go away between two looks at the row don't count as lost."""
    row = world.generate(a_request())
    world.clock.advance(1000)
    dropping("image")(world.ports, row)
    delete = Images(world.store, world.records).delete
    looked: list[str] = []
    keys = world.store.keys

    def listing(prefix: str) -> Any:
        if prefix.endswith(".") and not looked:
            looked.append(prefix)
            delete(row.id)
        return keys(prefix)

    world.store.keys = listing  # type: ignore[method-assign]  # reason: the deletion comes in between
    assert outcome(reconcile(world, fix=True)) == {}
    assert (world.records.by_id, world.store.objects) == ({}, {})


@pytest.mark.parametrize("spoiled", ["image", "note", "spooled, ready"])
def test_a_deletion_wins_over_a_repair_that_runs(world: World, spoiled: str) -> None:
    """What a repair stores for an image that is deleted meanwhile does not stay."""
    row = spoilt(world, spoiled)
    images = Images(world.store, world.records)
    during(world.store, "put", lambda: images.delete(row.id))
    reconcile(world, fix=True)
    assert (world.records.by_id, world.store.objects) == ({}, {})


@pytest.mark.parametrize("mess", [m for m in MENDABLE if m.alive], ids=name_of)
def test_two_runs_at_once_do_not_disturb_each_other(world: World, mess: Mess) -> None:
    """A second run that comes in the middle of a repair leaves all in order, whoever is faster."""
    row = world.generate(a_request())
    world.clock.advance(1000)
    mess.spoil(world.ports, row)
    second: list[Any] = []
    during(world.store, "put", lambda: second.append(reconcile(world, fix=True)))
    first = reconcile(world, fix=True)
    assert (first.left, [run.left for run in second]) == (0, [0] * len(second))
    assert outcome(reconcile(world, fix=True)) == {}
    assert world.records.by_id[row.id].state is State.READY
    assert len(world.generator.requests) == 1


def test_unknown_outcomes_are_reported_and_not_left(world: World) -> None:
    """Where nothing was stored nothing can be mended: such rows are listed, with their time."""
    row = a_record(state=State.UNKNOWN, original=None, image=None, created_at=None)
    world.records.by_id[row.id] = row
    report = reconcile(world, fix=True)
    assert (report.found, report.left) == (0, 0)
    assert report.unknown.listed == [(row.id, row.requested_at)]
    assert world.record == row


def test_other_things_in_a_shared_bucket_are_none_of_its_business(world: World) -> None:
    """Only names that this service gives are looked at; all else is neither told nor touched."""
    known = world.generate(a_request()).id
    strange = "ffffffff-ffff-4fff-bfff-ffffffffffff"
    for key in (
        "originals/notes.txt",
        "images/0badcafe.png",
        f"images/0/{strange}.png",
        f"images/{strange}.webp",
        f"originals/0/{strange}.png",
        f"originals/{known}.txt",
        "backup/a.png",
    ):
        world.store.put(key, b"x", content_type="text/plain")
    row = a_record(id="another hand's row")
    world.records.by_id[row.id] = row
    before = dict(world.store.objects)
    assert outcome(reconcile(world, fix=True)) == {}
    assert world.store.objects == before


def test_many_findings_are_counted_and_the_first_thousand_named(world: World) -> None:
    """The report stays small however much is wrong."""
    for _ in range(MAX_LISTED + 5):
        row = a_record()
        world.records.by_id[row.id] = row
    tally = reconcile(world, fix=False).tallies[Discrepancy.LOST]
    assert (tally.found, len(tally.listed), tally.more) == (MAX_LISTED + 5, MAX_LISTED, 5)


@pytest.mark.parametrize("fix", [True, False])
def test_half_written_files_go_after_a_day(world: World, fix: bool) -> None:
    """A file that a crash left is removed once nobody can be writing it any more."""
    now = world.clock.now()
    temp_files = FakeTempFiles({"old": now - timedelta(days=1, seconds=1), "new": now})
    report = reconcile(world, fix=fix, temp_files=temp_files)
    assert outcome(report) == {Discrepancy.TEMPORARY: (1, 0) if fix else (0, 1)}
    assert set(temp_files.files) == ({"new"} if fix else {"old", "new"})


def test_evidence_in_the_spool_reaches_the_store(world: World) -> None:
    """An unusable answer of a generation that has failed goes to the store; the row stays."""
    row = spoilt(world, "evidence")
    (failed,) = [replace(row, state=State.FAILED, original=None, image=None, created_at=None)]
    world.records.by_id[row.id] = failed
    for ending in ("bin", "json"):
        move(f"originals/{row.id}.{ending}", world.store, world.spool)
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (1, 0)}
    assert world.spool.objects == {}
    assert world.store.objects[f"originals/{row.id}.bin"].data == b"<html>"
    assert world.record == failed


def test_a_note_alone_in_the_spool_is_cleared(world: World) -> None:
    """What is left of a clearing that was cut off, of an image that is deleted since, goes."""
    row = spoilt(world, "spooled, ready")
    world.spool.delete(keys_of(row)[0])
    world.records.delete(row.id)
    world.store.delete(keys_of(row)[2])
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.SPOOLED: (1, 0)}
    assert (world.spool.objects, world.store.objects, world.records.by_id) == ({}, {}, {})
    with pytest.raises(ImageNotFound):
        world.store.get(keys_of(row)[2])


def test_a_deletion_that_is_finished_keeps_the_key(world: World) -> None:
    """Of an image with an Idempotency-Key the bare row stays, as after any deletion."""
    row = world.generate(a_request(), claim="the claim")
    setting("image", state=State.DELETED)(world.ports, row)
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.HALF_DELETED: (1, 0)}
    assert (world.record.state, world.record.claim, world.record.prompt) == (
        State.DELETED,
        "the claim",
        "",
    )
    assert world.store.objects == {}
    assert outcome(reconcile(world, fix=True)) == {}


@pytest.mark.parametrize("name", ["cut off", "given up", "spooled"])
def test_what_another_takes_over_first_is_no_finding(world: World, name: str) -> None:
    """Whoever loses the race for a row neither counts it as mended nor as left."""
    spoilt(world, name)
    second: list[Any] = []
    during(world.records, "compare_and_swap", lambda: second.append(reconcile(world, fix=True)))
    assert outcome(reconcile(world, fix=True)) == {}
    assert [list(outcome(run).values()) for run in second] == [[(1, 0)]]


@pytest.mark.parametrize("fix", [False, True])
def test_counts_of_the_list_that_are_wrong_are_one_finding(world: World, fix: bool) -> None:
    """However many of the kept counts are off, the list is told once, and mended if it may be."""
    world.records.miscounted = 7
    tally = reconcile(world, fix=fix).tallies[Discrepancy.MISCOUNTED]
    assert (tally.found, tally.repaired) == (1, int(fix))
    assert world.records.miscounted == (0 if fix else 7)
