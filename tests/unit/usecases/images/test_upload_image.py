"""Uploads: free, all or nothing, and made once for equal files."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from app.container.generation import build_free_images
from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    InvalidRequest,
    RecordsUnavailable,
    StorageUnavailable,
    UploadQuotaExceeded,
)
from app.imaging import CutoutOptions, NotAnImage
from app.models import Caller, ImageRecord, State, StoredImage
from app.usecases.billing.upload_quota import UploadQuota
from app.usecases.images.images import Images
from app.usecases.images.import_image import ExportedImage, ImportImage
from app.usecases.images.upload_image import UploadImage, UploadRequest
from tests.support.builders import LEASE, World
from tests.support.reconcile.runs import outcome, reconcile
from tests.support.tables import each_row

ANN = Caller(id="ann", name="ann", scopes=frozenset())


@pytest.fixture
def upload(world: World) -> UploadImage:
    """Make the use case on the fakes; waiting advances the clock."""
    return UploadImage(
        image_processor=world.image_processor,
        free_images=build_free_images(world.ports, world.recover, sleep=world.clock.advance),
        quota=UploadQuota(ledger=world.ledger, clock=world.clock),
        observer=world.ports.observer,
    )


def sent(data: bytes = b"a file", **fields: object) -> UploadRequest:
    """Return a request with a file."""
    return replace(UploadRequest(file=io.BytesIO(data)), **fields)  # type: ignore[arg-type]  # reason: any field


def objects_of(world: World, record: ImageRecord) -> list[str]:
    """Return the folders of an image's objects."""
    return [key.partition("/")[0] for key in sorted(world.store.objects) if record.id in key]


def test_upload_is_free_and_not_spooled(world: World, upload: UploadImage) -> None:
    """The record names the provider; the mask is reduced for the file's size; no room is taken."""
    made = upload(sent(prompt=" An owl ", mask=b"mask", caller=ANN))
    record = made.record
    assert (made.created, record.state, record.provider) == (True, State.READY, "upload")
    assert (record.charged, record.cost_micros, record.booked_micros) == (Charged.NO, 0, 0)
    assert (record.first_prompt, record.prompt, record.new_prompt) == (" An owl ", "An owl", "")
    assert CutoutOptions.from_document(record.cutout_options).mask == b"mask for 1536x1024"
    assert (record.owner, record.claim, list(record.tokens)) == ("ann", "", ["an", "owl"])
    assert objects_of(world, record) == ["images", "originals", "originals"]
    assert not [event for event in world.events if event.startswith(("generator", "spool"))]
    provenance, _ = world.image_processor.provenances[-1]
    assert provenance is not None
    assert provenance.source is None


def test_file_whose_image_leaves_the_trash_for_good_is_stored_again(
    world: World, upload: UploadImage
) -> None:
    """Sent again, it is restored; if it is purged at that moment, it is an image all the same."""
    image_id = upload(sent()).record.id
    trash, read = upload.free_images.trash, world.store.get
    replace(trash, period=timedelta(days=7)).delete(image_id)

    def purge_and_read(key: str) -> StoredImage:
        if world.records.by_id[image_id].state is State.TRASHED:
            trash.delete(image_id, purge=True)
        return read(key)

    world.store.get = purge_and_read  # type: ignore[method-assign]  # reason: a race
    made = upload(sent())
    assert (made.created, made.record.state) == (True, State.READY)
    assert made.record.id != image_id


def test_file_sent_again_replaces_a_damaged_original(world: World, upload: UploadImage) -> None:
    """What a failing write left of it is no reason to refuse the bytes that the caller has."""
    world.store.stores_half = True
    with pytest.raises(StorageUnavailable):
        upload(sent())
    world.store.stores_half = False
    made = upload(sent())
    assert made.created
    assert made.record.original is not None
    assert world.store.objects[made.record.original.key].data == b"a file"
    assert not reconcile(world, fix=True).kinds


def test_file_of_an_import_is_the_same_image(world: World, upload: UploadImage) -> None:
    """An upload finds what was imported, and an import what was uploaded."""
    import_image = ImportImage(
        records=world.records,
        image_processor=world.image_processor,
        finalizer=world.finalizer,
        trash=upload.free_images.trash,
    )
    imported = import_image(ExportedImage(data=b"a file", prompt="imported"))
    assert imported is not None
    assert upload(sent(prompt="uploaded")).record == imported
    assert upload(sent(caller=ANN)).record.id != imported.id
    assert import_image(ExportedImage(data=b"a file", prompt="again", caller=ANN)) is None


FAILURES = [
    ("records", "get", 0, RecordsUnavailable),
    ("records", "insert", 0, RecordsUnavailable),
    ("store", "put originals", 0, StorageUnavailable),
    ("store", "put originals", 1, StorageUnavailable),
    ("store", "put images", 0, StorageUnavailable),
]


@pytest.mark.parametrize(("port", "step", "good", "error"), FAILURES)
@pytest.mark.parametrize("recovered", [False, True])
def test_failed_upload_can_be_repeated(
    world: World,
    upload: UploadImage,
    port: str,
    step: str,
    good: int,
    error: type[AppError],
    recovered: bool,
) -> None:
    """After each failure the same file makes the image, whether a server recovers it before."""
    getattr(world, port).fail(step, error("down"), after=good)
    with pytest.raises(error) as caught:
        upload(sent())
    assert (caught.value.charged, caught.value.status) == (Charged.NO, 503)
    assert "Idempotency-Key" not in caught.value.message
    getattr(world, port).repair()
    if recovered:
        world.clock.advance(LEASE.total_seconds())
        reconcile(world, fix=True)
    made = upload(sent()).record
    assert (made.state, made.provider) == (State.READY, "upload")
    assert objects_of(world, made) == ["images", "originals", "originals"]
    assert world.spool.objects == {}
    assert outcome(reconcile(world, fix=True)) == {}


@pytest.mark.parametrize("stored", ["", "original", "original sidecar", "original sidecar image"])
@pytest.mark.parametrize("recovered", [False, True])
def test_crash_is_finished_by_a_repeat(
    world: World, upload: UploadImage, stored: str, recovered: bool
) -> None:
    """Whatever a crash left, a repeat waits for the lease and then finishes the same image."""
    made = upload(sent(prompt="An owl")).record
    expected = dict(world.store.objects)
    keys = {
        "original": f"originals/{made.id}.png",
        "sidecar": f"originals/{made.id}.json",
        "image": f"images/{made.id}.png",
    }
    for name, key in keys.items():
        if name not in stored.split():
            world.store.delete(key)
    pending = replace(made, state=State.PENDING, lease_until=world.clock.now() + LEASE)
    world.records.by_id[made.id] = replace(pending, image=None, original=None, cost_micros=None)
    with pytest.raises(GenerationInProgress) as caught:
        upload(sent(prompt="An owl"))
    assert caught.value.charged is Charged.NO
    assert "Idempotency-Key" not in caught.value.message
    world.clock.advance(LEASE.total_seconds())
    if recovered:
        reconcile(world, fix=True)
    found = upload(sent(prompt="An owl")).record
    assert (found.state, found.id, found.prompt) == (State.READY, made.id, "An owl")
    assert world.store.objects.keys() == expected.keys()
    for key in (keys["original"], keys["image"]):
        assert world.store.objects[key].data == expected[key].data


def test_lost_record_is_rebuilt(world: World, upload: UploadImage) -> None:
    """The sidecar has the owner, the provider and that nothing was charged."""
    made = upload(sent(prompt="An owl", caller=ANN)).record
    world.records.delete(made.id)
    world.clock.advance(1000)
    reconcile(world, fix=True)
    rebuilt = world.records.by_id[made.id]
    assert (rebuilt.provider, rebuilt.owner, rebuilt.prompt) == ("upload", "ann", "An owl")
    assert (rebuilt.charged, rebuilt.cost_micros) == (Charged.NO, 0)
    assert upload(sent(caller=ANN)).created is False


def test_deleted_image_is_stored_again(world: World, upload: UploadImage) -> None:
    """It is another image with an id of its own, also while the deletion is unfinished."""
    images = Images(world.store, world.records, world.clock)
    made = upload(sent(prompt="first")).record
    world.store.fail("delete images", StorageUnavailable("down"))
    with pytest.raises(StorageUnavailable):
        images.delete(made.id)
    world.store.repair()
    again = upload(sent(prompt="second")).record
    images.delete(again.id)
    third = upload(sent(prompt="third")).record
    assert third.id not in (made.id, again.id)
    assert upload(sent(prompt="fourth")).record == third
    assert objects_of(world, third) == ["images", "originals", "originals"]


@each_row("step", ["inspect", "cut_out"])
def test_nothing_is_kept_of_an_unusable_file(step: str) -> None:
    """Neither record nor objects nor quota, and the words are those of the import."""
    world = World()
    upload = UploadImage(
        image_processor=world.image_processor,
        free_images=build_free_images(world.ports, world.recover, sleep=world.clock.advance),
        quota=UploadQuota(ledger=world.ledger, clock=world.clock, images=1),
        observer=world.ports.observer,
    )
    world.image_processor.fail(step, NotAnImage("not an image"))
    with pytest.raises(InvalidRequest) as caught:
        upload(sent())
    assert caught.value.errors == [{"field": "file", "message": "Not an image."}]
    assert (world.records.by_id, world.store.objects) == ({}, {})
    world.image_processor.repair()
    assert upload(sent(b"another")).created


def test_quota_counts_a_file_once_a_day(world: World, upload: UploadImage) -> None:
    """Callers have quotas of their own; a refused file is not counted in either quota."""
    quota = UploadQuota(ledger=world.ledger, clock=world.clock, images=2, size_bytes=100)
    for size in (60, 60, 60):
        quota.reserve("one", ANN, size)
    with pytest.raises(UploadQuotaExceeded) as caught:
        quota.reserve("two", ANN, 41)
    assert 0 < (caught.value.retry_after or 0) <= 12 * 3600 + 1
    with pytest.raises(UploadQuotaExceeded):
        quota.reserve("two", ANN, 41)
    quota.reserve("three", ANN, 40)
    with pytest.raises(UploadQuotaExceeded):
        quota.reserve("four", ANN, 0)
    quota.reserve("four", Caller(id="bob", name="bob", scopes=frozenset()), 100)
    world.clock.advance(86_400)
    quota.reserve("one", ANN, 60)
    quota.reserve("two", ANN, 40)
    unlimited = replace(upload.quota, images=0, size_bytes=0)
    unlimited.reserve("five", ANN, 10**12)
