"""Deletions that go on after the same image was made again, in the process or on the network."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product

import pytest

from app.container.generation import build_create_cutout, build_free_images
from app.errors import GenerationInProgress, StorageUnavailable
from app.imaging import CutoutOptions, HoleChoice
from app.models import ImageRecord, State
from app.ports import ImageStore
from app.services.caching.store_wrapper import StoreWrapper
from app.usecases.billing.upload_quota import UploadQuota
from app.usecases.images.create_cutout import CutoutRequest
from app.usecases.images.images import Images
from app.usecases.images.import_image import ExportedImage, ImportImage
from app.usecases.images.upload_image import UploadImage, UploadRequest
from tests.support.builders import World, a_request
from tests.support.reconcile.runs import reconcile
from tests.support.tables import each_row

CALLS = 4  # of a deletion: for the image, its place in the trash, the original and the sidecar


@dataclass(frozen=True)
class StoppedStore(StoreWrapper):
    """Stops before the call for one object, or loses the response to it."""

    stop_before: int
    stopped: Callable[[], object] | None
    sent: list[str] = field(default_factory=list)

    def delete(self, key: str) -> None:
        """Delete the object; what happens meanwhile comes first."""
        self.sent.append(key)
        if len(self.sent) == self.stop_before:
            if self.stopped is None:
                raise StorageUnavailable("no response")
            self.stopped()
        self.store.delete(key)


def upload(world: World) -> ImageRecord:
    """Upload the file."""
    upload_image = UploadImage(
        image_processor=world.image_processor,
        free_images=build_free_images(world.ports, world.recover, sleep=world.clock.advance),
        quota=UploadQuota(ledger=world.ledger, clock=world.clock),
        observer=world.ports.observer,
    )
    return upload_image(UploadRequest(file=io.BytesIO(b"a file"))).record


def cut_out(world: World) -> ImageRecord:
    """Cut the first image out again; the id follows from its own and the options."""
    parent = min(world.records.by_id.values(), key=lambda record: record.requested_at)
    free_images = build_free_images(world.ports, world.recover, sleep=world.clock.advance)
    create = build_create_cutout(world.ports, free_images)
    options = CutoutOptions(holes=HoleChoice.parse("keep"))
    return create(CutoutRequest(parent_id=parent.id, options=options)).record


def import_file(world: World, image_id: str = "") -> ImageRecord:
    """Import the file; with an id as if an export had it."""
    import_image = ImportImage(
        records=world.records,
        image_processor=world.image_processor,
        finalizer=world.finalizer,
        trash=build_free_images(world.ports, world.recover).trash,
    )
    imported = import_image(ExportedImage(data=b"a file", prompt="", image_id=image_id))
    assert imported is not None
    return imported


def reconciled(world: World, record: ImageRecord) -> None:
    """Finish the deletion as `reconcile` does."""
    reconcile(world, fix=True)
    assert world.records.by_id[record.id].is_tombstone


def repeated(world: World, record: ImageRecord) -> None:
    """Finish the deletion by repeating it."""
    Images(world.store, world.records, world.clock).delete(record.id)


def left(world: World, record: ImageRecord) -> None:
    """Leave the deletion as it is, for longer than any takes."""
    assert not world.records.by_id[record.id].is_tombstone
    world.clock.advance(3600)


def deletion(world: World, store: ImageStore, record: ImageRecord) -> None:
    """Delete the image by another process, whose store may stop."""
    Images(store, world.records, world.clock).delete(record.id)


def objects_of(world: World, record: ImageRecord) -> set[str]:
    """Return the keys of an image's objects."""
    return {key for key in world.store.objects if record.id in key}


TABLE = list(product((upload, cut_out, import_file), (reconciled, repeated, left), range(CALLS)))


def started(make: Callable[[World], ImageRecord]) -> tuple[World, ImageRecord]:
    """Return a world with two images, of which one is to be deleted."""
    world = World()
    world.generate(a_request())
    world.clock.advance(1)
    return world, make(world)


@each_row("make, meanwhile, call", TABLE)
def test_a_stopped_deletion_leaves_a_new_image_of_the_same_file(
    make: Callable[[World], ImageRecord],
    meanwhile: Callable[[World, ImageRecord], None],
    call: int,
) -> None:
    """Stopped right before it removes an object, for any time; it ends as if it were alone."""
    world, first = started(make)
    made = list[ImageRecord]()

    def stopped() -> None:
        meanwhile(world, first)
        made.append(make(world))

    deletion(world, StoppedStore(world.store, call + 1, stopped), first)
    assert len(objects_of(world, made[0])) == 3
    assert made[0].state is State.READY
    reconcile(world, fix=True)
    assert len(objects_of(world, made[0])) == 3
    assert objects_of(world, first) == set()


@each_row("make, meanwhile, call", TABLE)
def test_a_deletion_on_its_way_leaves_a_new_image_of_the_same_file(
    make: Callable[[World], ImageRecord],
    meanwhile: Callable[[World, ImageRecord], None],
    call: int,
) -> None:
    """Its process has seen a timeout; the store receives the request after anything else."""
    world, first = started(make)
    slow = StoppedStore(world.store, call + 1, None)
    with pytest.raises(StorageUnavailable):
        deletion(world, slow, first)
    meanwhile(world, first)
    made = make(world)
    world.store.delete(slow.sent[-1])
    assert len(objects_of(world, made)) == 3


@each_row("call", range(1, CALLS + 1))
def test_a_stopped_deletion_does_not_go_on_after_an_import_under_its_id(call: int) -> None:
    """Ids of an export are kept, so no more is removed than the object that was next."""
    world, first = started(upload)
    made = list[ImageRecord]()

    def stopped() -> None:
        repeated(world, first)
        made.append(import_file(world, first.id))

    deletion(world, StoppedStore(world.store, call, stopped), first)
    assert made[0].id == first.id
    assert len(objects_of(world, first)) >= 2


def test_an_image_is_not_imported_while_it_is_being_deleted() -> None:
    """It is not there already, as an import of what exists would report."""
    world, first = started(upload)
    world.records.by_id[first.id] = first.deleted(world.clock.now())
    with pytest.raises(GenerationInProgress):
        import_file(world, first.id)


@each_row("image_id", [True, False])
def test_an_import_returns_its_image_from_the_trash(image_id: bool) -> None:
    """Who imports a backup can't know that it would be deleted for good a week later."""
    world, first = started(upload)
    trash = build_free_images(world.ports, world.recover).trash
    before = dict(world.store.objects)
    replace(trash, period=trash.period.resolution).delete(first.id)
    imported = import_file(world, first.id if image_id else "")
    assert (imported.id, imported.state) == (first.id, State.READY)
    assert world.store.objects == before


def test_the_ids_of_one_file_are_used_again_after_eight_deletions() -> None:
    """The oldest tombstone goes first, and a repeated upload always finds its image."""
    world, record = started(upload)
    ids = list[str]()
    for _ in range(9):
        record = upload(world)
        assert upload(world).id == record.id
        ids.append(record.id)
        world.clock.advance(1)
        repeated(world, record)
        world.clock.advance(1)
    assert (len(set(ids)), ids[8]) == (8, ids[0])
    record = upload(world)
    for forgotten in ids[:1] + ids[2:8]:
        world.records.delete(forgotten)
    assert upload(world).id == record.id == ids[1]
