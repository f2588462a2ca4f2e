"""When something fails: one broken image never stops reconcile, a part that is down does."""

import pytest

from app.errors import ProviderBadResponse, RecordsUnavailable, StorageUnavailable
from app.imaging import UnusableImage
from app.models import State
from app.usecases.reconcile.diagnosis import Discrepancy
from tests.support.builders import World, a_request
from tests.support.reconcile.damage import dropping, keys_of, setting
from tests.support.reconcile.runs import outcome, reasons, reconcile, spoilt


@pytest.mark.parametrize("name", ["image", "row", "cut off", "spooled", "spooled, row lost"])
def test_a_bug_in_one_repair_does_not_stop_the_run(world: World, name: str) -> None:
    """What can't be mended is left, with the kind of error and nothing of its text."""
    spoilt(world, name)
    spoilt(world, "note")
    world.image_processor.fail("cut_out", ZeroDivisionError("s3.internal"))
    report = reconcile(world, fix=True)
    assert report.left == 1
    assert outcome(report)[Discrepancy.NOTE_MISSING] == (1, 0)
    assert reasons(report) == ["unexpected ZeroDivisionError"]


def test_an_object_that_can_not_be_read_does_not_stop_the_run(world: World) -> None:
    """If the store answers, and only this object fails, it is left and the rest is mended."""
    spoilt(world, "image")
    spoilt(world, "note")
    world.store.fail("get originals", StorageUnavailable("S3 answered AccessDenied"))
    report = reconcile(world, fix=True)
    assert outcome(report) == {Discrepancy.IMAGE_MISSING: (0, 1), Discrepancy.NOTE_MISSING: (1, 0)}
    assert reasons(report) == ["S3 answered AccessDenied"]


def test_an_image_that_can_not_be_looked_at_is_left(world: World) -> None:
    """If even the second look fails, the image is told as broken."""
    spoilt(world, "image")
    world.records.fail("get", RecordsUnavailable("a damaged row"))
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.BROKEN: (0, 1)}


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
    """If the store does not answer any more, its images are not told as broken one by one."""
    spoilt(world, "image")
    for step in ("get originals", "ping"):
        world.store.fail(step, StorageUnavailable())
    with pytest.raises(StorageUnavailable):
        reconcile(world, fix=True)


@pytest.mark.parametrize("place", ["store", "spool"])
def test_another_original_than_the_row_reports_of_is_left(world: World, place: str) -> None:
    """Nothing is made from bytes that are not those which were bought."""
    row = spoilt(world, "image" if place == "store" else "spooled, ready")
    getattr(world, place).put(keys_of(row)[0], b"other bytes", content_type="image/png")
    report = reconcile(world, fix=True)
    assert report.left == 1
    assert "not" in reasons(report)[0]
    assert getattr(world, place).get(keys_of(row)[0]).data == b"other bytes"


def test_what_waits_on_another_server_is_left(world: World) -> None:
    """A paid image whose original is nowhere to be seen stays pending, and is told."""
    row = world.generate(a_request())
    world.clock.advance(1000)
    setting("image", "original", "note", state=State.PENDING, image=None)(world.ports, row)
    report = reconcile(world, fix=True)
    assert outcome(report) == {Discrepancy.OVERDUE: (0, 1)}
    assert reasons(report) == ["its original waits on another server"]
    assert world.record.state is State.PENDING


def test_an_image_alone_that_is_no_image_is_left(world: World) -> None:
    """No row is made up for bytes that can't be shown."""
    spoilt(world, "all but image")
    world.image_processor.fail("inspect", UnusableImage("an SVG"))
    report = reconcile(world, fix=True)
    assert (outcome(report), reasons(report)) == ({Discrepancy.IMAGE_ALONE: (0, 1)}, ["an SVG"])
    assert world.records.by_id == {}


def test_a_row_that_can_not_be_taken_over_is_left(world: World) -> None:
    """If nobody else is at it, and the records refuse every time, somebody has to look."""
    spoilt(world, "cut off")
    world.records.compare_and_swap = lambda *_: False  # type: ignore[method-assign]  # reason: a damaged row
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.OVERDUE: (0, 1)}


def test_a_repair_that_did_not_help_is_not_reported_as_one(world: World) -> None:
    """What still is as it was after mending counts as left."""
    spoilt(world, "note")
    world.store.put = lambda *_, **__: None  # type: ignore[method-assign]  # reason: a store that lies
    report = reconcile(world, fix=True)
    assert (outcome(report), reasons(report)) == (
        {Discrepancy.NOTE_MISSING: (0, 1)},
        ["it is as it was"],
    )


@pytest.mark.parametrize(
    ("name", "step", "ending"),
    [("cut off", "cut_out", "png"), ("spooled", "cut_out", "png"), ("row", "inspect", "bin")],
)
def test_bytes_that_are_no_image_are_an_end_too(
    world: World, name: str, step: str, ending: str
) -> None:
    """They stay in the store, the row says so, the spool is cleared, and nothing is left."""
    row = spoilt(world, name)
    if name == "row":
        dropping("image")(world.ports, row)
    world.image_processor.fail(step, UnusableImage("an SVG"))
    assert reconcile(world, fix=True).left == 0
    assert reconcile(world, fix=True).found == 0
    assert (world.record.state, world.record.error) == (State.FAILED, "provider_bad_response")
    assert world.store.objects[f"originals/{row.id}.{ending}"].data == world.generator.data
    assert world.spool.objects == {}


def test_recovery_clears_the_spool_of_what_is_no_image(world: World) -> None:
    """Once the store has such bytes, whoever finished them, they don't wait any more."""
    row = spoilt(world, "spooled")
    world.image_processor.fail("cut_out", UnusableImage("an SVG"))
    with pytest.raises(ProviderBadResponse):
        world.recover(world.records.by_id[row.id])
    assert world.spool.objects == {}
    assert world.store.objects[keys_of(row)[0]].data == world.generator.data
