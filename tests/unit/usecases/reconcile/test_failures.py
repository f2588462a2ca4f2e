"""An error with one image does not stop a run; an unavailable store or record store does."""

import pytest

from app.errors import ProviderBadResponse, RecordsUnavailable, StorageUnavailable
from app.imaging import UnusableImage
from app.models import State
from app.usecases.reconcile.diagnosis import Discrepancy
from tests.support.builders import World, a_request
from tests.support.reconcile.damage import changing, dropping, keys_of
from tests.support.reconcile.runs import a_damaged_image, outcome, reasons, reconcile


@pytest.mark.parametrize(
    "name", ["image", "record", "interrupted", "spooled", "spooled, no record"]
)
def test_unexpected_error_in_a_repair_does_not_stop_the_run(world: World, name: str) -> None:
    """The report has the error's class without its text, and other images are repaired."""
    a_damaged_image(world, name)
    a_damaged_image(world, "note")
    world.image_processor.fail("cut_out", ZeroDivisionError("s3.internal"))
    report = reconcile(world, fix=True)
    assert report.remaining == 1
    assert outcome(report)[Discrepancy.SIDECAR_MISSING] == (1, 0)
    assert reasons(report) == ["unexpected ZeroDivisionError"]


def test_unreadable_object_does_not_stop_the_run(world: World) -> None:
    """If the store responds and one object can't be read, other images are repaired."""
    a_damaged_image(world, "image")
    a_damaged_image(world, "note")
    world.store.fail("get originals", StorageUnavailable("S3: AccessDenied"))
    report = reconcile(world, fix=True)
    assert outcome(report) == {
        Discrepancy.IMAGE_MISSING: (0, 1),
        Discrepancy.SIDECAR_MISSING: (1, 0),
    }
    assert reasons(report) == ["S3: AccessDenied"]


def test_image_that_can_not_be_checked_is_reported(world: World) -> None:
    """If an image can't be read again, its check has failed."""
    a_damaged_image(world, "image")
    world.records.fail("get", RecordsUnavailable("a damaged record"))
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.CHECK_FAILED: (0, 1)}


@pytest.mark.parametrize(
    ("port", "step", "error"),
    [
        ("store", "keys originals", StorageUnavailable()),
        ("store", "keys images", StorageUnavailable()),
        ("spool", "keys originals", StorageUnavailable()),
        ("records", "scan", RecordsUnavailable()),
    ],
)
def test_failed_listing_ends_the_run(world: World, port: str, step: str, error: Exception) -> None:
    """Without a listing nothing can be compared, so the run raises the error."""
    getattr(world, port).fail(step, error)
    with pytest.raises(type(error)):
        reconcile(world, fix=True)


def test_outage_of_the_store_ends_the_run(world: World) -> None:
    """If the store stops responding, the run ends, rather than reporting every image."""
    a_damaged_image(world, "image")
    for step in ("get originals", "ping"):
        world.store.fail(step, StorageUnavailable())
    with pytest.raises(StorageUnavailable):
        reconcile(world, fix=True)


@pytest.mark.parametrize("place", ["store", "spool"])
def test_original_with_another_hash_is_not_used(world: World, place: str) -> None:
    """If the bytes are not those of the record, no image is made of them, and they stay."""
    record = a_damaged_image(world, "image" if place == "store" else "spooled, ready")
    getattr(world, place).put(keys_of(record)[0], b"other bytes", content_type="image/png")
    report = reconcile(world, fix=True)
    assert report.remaining == 1
    assert "not" in reasons(report)[0]
    assert getattr(world, place).get(keys_of(record)[0]).data == b"other bytes"


def test_original_on_another_server_is_reported(world: World) -> None:
    """A charged image whose original is not found stays pending."""
    record = world.generate(a_request())
    world.clock.advance(1000)
    damage = changing("image", "original", "note", state=State.PENDING, image=None)
    damage(world.ports, record)
    report = reconcile(world, fix=True)
    assert outcome(report) == {Discrepancy.LEASE_EXPIRED: (0, 1)}
    assert reasons(report) == ["the original is in the spool of another server"]
    assert world.record.state is State.PENDING


def test_no_record_is_rebuilt_for_an_unusable_image(world: World) -> None:
    """If the orphaned object is no image, it is reported and gets no record."""
    a_damaged_image(world, "all but image")
    world.image_processor.fail("inspect", UnusableImage("an SVG"))
    report = reconcile(world, fix=True)
    assert outcome(report) == {Discrepancy.ORPHANED_IMAGE: (0, 1)}
    assert reasons(report) == ["an SVG"]
    assert world.records.by_id == {}


def test_record_that_can_not_be_written_is_reported(world: World) -> None:
    """If the record can't be changed although no server works on it, it remains."""
    a_damaged_image(world, "interrupted")
    world.records.compare_and_swap = lambda *_: False  # type: ignore[method-assign]  # reason: a damaged record
    assert outcome(reconcile(world, fix=True)) == {Discrepancy.LEASE_EXPIRED: (0, 1)}


def test_repair_without_effect_is_not_reported_as_repaired(world: World) -> None:
    """A discrepancy that is still found after its repair remains."""
    a_damaged_image(world, "note")
    world.store.put = lambda *_, **__: None  # type: ignore[method-assign]  # reason: loses what it is given
    report = reconcile(world, fix=True)
    assert outcome(report) == {Discrepancy.SIDECAR_MISSING: (0, 1)}
    assert reasons(report) == ["the repair had no effect"]


@pytest.mark.parametrize(
    ("name", "step", "extension"),
    [
        ("interrupted", "cut_out", "png"),
        ("spooled", "cut_out", "png"),
        ("record", "inspect", "bin"),
    ],
)
def test_unusable_original_ends_as_failed_record(
    world: World, name: str, step: str, extension: str
) -> None:
    """The bytes stay in the store, the spool is cleared, and no discrepancy remains."""
    record = a_damaged_image(world, name)
    if name == "record":
        dropping("image")(world.ports, record)
    world.image_processor.fail(step, UnusableImage("an SVG"))
    assert reconcile(world, fix=True).remaining == 0
    assert reconcile(world, fix=True).found == 0
    assert (world.record.state, world.record.error) == (State.FAILED, "provider_bad_response")
    assert world.store.objects[f"originals/{record.id}.{extension}"].data == world.generator.data
    assert world.spool.objects == {}


def test_recovery_clears_the_spool_of_an_unusable_original(world: World) -> None:
    """Once the store has the bytes, they do not wait in the spool any longer."""
    record = a_damaged_image(world, "spooled")
    world.image_processor.fail("cut_out", UnusableImage("an SVG"))
    with pytest.raises(ProviderBadResponse):
        world.recover(world.records.by_id[record.id])
    assert world.spool.objects == {}
    assert world.store.objects[keys_of(record)[0]].data == world.generator.data
