"""How reconcile behaves beside running servers, and when something fails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.errors import ImageNotFound, RecordsUnavailable, StorageUnavailable
from app.models import Generation, State
from app.usecases.images import Images
from app.usecases.reconcile.kinds import Kind
from app.usecases.reconcile.report import MAX_LISTED
from tests.builders import World, a_generation, a_request
from tests.messes import MENDABLE, Mess, dropping, keys_of, move, name_of, setting, spooling
from tests.reconciling import FakeLeftovers, outcome, reasons, reconcile

SPOIL = {mess.name: mess.spoil for mess in MENDABLE}


def spoilt(world: World, name: str) -> Generation:
    """Make a picture and spoil it."""
    row = world.generate(a_request())
    world.clock.advance(1000)
    SPOIL[name](world.ports, row)
    return row


def during(port: Any, method: str, meddle: Callable[[], object]) -> None:
    """Let something happen once, just before the first call of this method does its work."""
    original, todo = getattr(port, method), [meddle]

    def call(*args: Any, **kwargs: Any) -> Any:
        if todo:
            todo.pop()()
        return original(*args, **kwargs)

    setattr(port, method, call)


@pytest.mark.parametrize("spooled", [False, True])
def test_what_is_being_made_is_left_alone(world: World, spooled: bool) -> None:
    """A pending row whose lease runs is neither told nor touched, whatever objects it has."""
    row = world.generate(a_request())
    until = world.clock.now() + timedelta(milliseconds=1)
    spoil = setting("image", state=State.PENDING, lease_until=until)
    (spooling(spoil) if spooled else spoil)(world.ports, row)
    before = dict(world.records.rows), dict(world.store.objects), dict(world.spool.objects)
    assert outcome(reconcile(world, fix=True)) == {}
    assert (world.records.rows, world.store.objects, world.spool.objects) == before


def test_a_listing_of_the_past_is_not_believed(world: World) -> None:
    """A picture that was made while the listings were read is no finding."""
    world.generate(a_request())
    world.records.scan = lambda **_: []  # type: ignore[method-assign]  # reason: what was listed before it was made
    world.events.clear()
    assert outcome(reconcile(world, fix=True)) == {}
    assert "records insert" not in world.events


def test_a_picture_that_is_deleted_while_it_is_looked_at_is_no_finding(world: World) -> None:
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
    assert (world.records.rows, world.store.objects) == ({}, {})


@pytest.mark.parametrize("spoiled", ["image", "note", "spooled, ready"])
def test_a_deletion_wins_over_a_repair_that_runs(world: World, spoiled: str) -> None:
    """What a repair stores for a picture that is deleted meanwhile does not stay."""
    row = spoilt(world, spoiled)
    images = Images(world.store, world.records)
    during(world.store, "put", lambda: images.delete(row.id))
    reconcile(world, fix=True)
    assert (world.records.rows, world.store.objects) == ({}, {})


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
    assert world.records.rows[row.id].state is State.READY
    assert len(world.generator.asked) == 1


@pytest.mark.parametrize("name", ["image", "row", "cut off", "spooled", "spooled, row lost"])
def test_a_bug_in_one_repair_does_not_stop_the_run(world: World, name: str) -> None:
    """What can't be mended is left, with the kind of error and nothing of its text."""
    spoilt(world, name)
    spoilt(world, "note")
    world.imaging.fail("cut_out", ZeroDivisionError("s3.internal"))
    report = reconcile(world, fix=True)
    assert report.left == 1
    assert outcome(report)[Kind.NOTE_MISSING] == (1, 0)
    assert reasons(report) == ["unexpected ZeroDivisionError"]


def test_an_object_that_can_not_be_read_does_not_stop_the_run(world: World) -> None:
    """If the store answers, and only this object fails, it is left and the rest is mended."""
    spoilt(world, "image")
    spoilt(world, "note")
    world.store.fail("get originals", StorageUnavailable("S3 answered AccessDenied"))
    report = reconcile(world, fix=True)
    assert outcome(report) == {Kind.IMAGE_MISSING: (0, 1), Kind.NOTE_MISSING: (1, 0)}
    assert reasons(report) == ["S3 answered AccessDenied"]


def test_a_picture_that_can_not_be_looked_at_is_left(world: World) -> None:
    """If even the second look fails, the picture is told as broken."""
    spoilt(world, "image")
    world.records.fail("get", RecordsUnavailable("a damaged row"))
    assert outcome(reconcile(world, fix=True)) == {Kind.BROKEN: (0, 1)}


@pytest.mark.parametrize(
    ("port", "step", "error"),
    [
        ("store", "keys originals", StorageUnavailable()),
        ("store", "keys images", StorageUnavailable()),
        ("spool", "keys originals", StorageUnavailable()),
        ("records", "scan", RecordsUnavailable()),
    ],
)
def test_a_part_that_is_down_ends_the_run(
    world: World, port: str, step: str, error: Exception
) -> None:
    """Without a listing nothing can be told, so the run fails as a whole."""
    getattr(world, port).fail(step, error)
    with pytest.raises(type(error)):
        reconcile(world, fix=True)


def test_a_store_that_goes_down_ends_the_run(world: World) -> None:
    """If the store does not answer any more, its pictures are not told as broken one by one."""
    spoilt(world, "image")
    for step in ("get originals", "ping"):
        world.store.fail(step, StorageUnavailable())
    with pytest.raises(StorageUnavailable):
        reconcile(world, fix=True)


@pytest.mark.parametrize("place", ["store", "spool"])
def test_another_original_than_the_row_tells_of_is_left(world: World, place: str) -> None:
    """Nothing is made from bytes that are not those which were bought."""
    row = spoilt(world, "image" if place == "store" else "spooled, ready")
    getattr(world, place).put(keys_of(row)[0], b"other bytes", content_type="image/png")
    report = reconcile(world, fix=True)
    assert report.left == 1
    assert "not" in reasons(report)[0]
    assert getattr(world, place).get(keys_of(row)[0]).data == b"other bytes"


def test_what_waits_on_another_server_is_left(world: World) -> None:
    """A paid picture whose original is nowhere to be seen stays pending, and is told."""
    row = world.generate(a_request())
    world.clock.advance(1000)
    setting("image", "original", "note", state=State.PENDING, image=None)(world.ports, row)
    report = reconcile(world, fix=True)
    assert outcome(report) == {Kind.OVERDUE: (0, 1)}
    assert reasons(report) == ["its original waits on another server"]
    assert world.row.state is State.PENDING


def test_unknown_outcomes_are_told_and_not_left(world: World) -> None:
    """Where nothing was stored nothing can be mended: such rows are listed, with their time."""
    row = a_generation(state=State.UNKNOWN, original=None, image=None, created_at=None)
    world.records.rows[row.id] = row
    report = reconcile(world, fix=True)
    assert (report.found, report.left) == (0, 0)
    assert report.unknown.listed == [(row.id, row.requested_at)]
    assert world.row == row


def test_other_things_in_a_shared_bucket_are_none_of_its_business(world: World) -> None:
    """Only names that this service gives are looked at; all else is neither told nor touched."""
    for key in ("originals/notes.txt", "images/0badcafe.png", "images/x/y.png", "backup/a.png"):
        world.store.put(key, b"x", content_type="text/plain")
    before = dict(world.store.objects)
    assert outcome(reconcile(world, fix=True)) == {}
    assert world.store.objects == before


def test_many_findings_are_counted_and_the_first_thousand_named(world: World) -> None:
    """The report stays small however much is wrong."""
    for _ in range(MAX_LISTED + 5):
        row = a_generation()
        world.records.rows[row.id] = row
    tally = reconcile(world, fix=False).tallies[Kind.LOST]
    assert (tally.found, len(tally.listed), tally.more) == (MAX_LISTED + 5, MAX_LISTED, 5)


@pytest.mark.parametrize("fix", [True, False])
def test_half_written_files_go_after_a_day(world: World, fix: bool) -> None:
    """A file that a crash left is removed once nobody can be writing it any more."""
    now = world.clock.now()
    leftovers = FakeLeftovers({"old": now - timedelta(days=1, seconds=1), "new": now})
    report = reconcile(world, fix=fix, leftovers=leftovers)
    assert outcome(report) == {Kind.TEMPORARY: (1, 0) if fix else (0, 1)}
    assert set(leftovers.files) == ({"new"} if fix else {"old", "new"})


def test_evidence_in_the_spool_reaches_the_store(world: World) -> None:
    """An unusable answer of a generation that has failed goes to the store; the row stays."""
    row = spoilt(world, "evidence")
    (failed,) = [replace(row, state=State.FAILED, original=None, image=None, created_at=None)]
    world.records.rows[row.id] = failed
    for ending in ("bin", "json"):
        move(f"originals/{row.id}.{ending}", world.store, world.spool)
    assert outcome(reconcile(world, fix=True)) == {Kind.SPOOLED: (1, 0)}
    assert world.spool.objects == {}
    assert world.store.objects[f"originals/{row.id}.bin"].data == b"<html>"
    assert world.row == failed


def test_a_note_alone_in_the_spool_is_cleared(world: World) -> None:
    """What is left of a clearing that was cut off, of a picture that is deleted since, goes."""
    row = spoilt(world, "spooled, ready")
    world.spool.delete(keys_of(row)[0])
    world.records.delete(row.id)
    world.store.delete(keys_of(row)[2])
    assert outcome(reconcile(world, fix=True)) == {Kind.SPOOLED: (1, 0)}
    assert (world.spool.objects, world.store.objects, world.records.rows) == ({}, {}, {})
    with pytest.raises(ImageNotFound):
        world.store.get(keys_of(row)[2])
