"""Another cutout of an image after failures and crashes, and beside another request."""

import threading
from dataclasses import replace

import pytest

from app.container.generation import build_create_cutout, build_free_images
from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.imaging import CutoutOptions, HoleChoice
from app.models import Caller, ImageRecord, State, object_keys
from app.usecases.images.create_cutout import CreateCutout, CutoutRequest
from app.usecases.images.free_images import FreeImage
from tests.support.builders import LEASE, World, a_request
from tests.support.reconcile.runs import outcome, reconcile

KEEP = CutoutOptions(holes=HoleChoice.parse("keep"))
ANN = Caller(id="ann", name="ann", scopes=frozenset())


@pytest.fixture
def parent(world: World) -> ImageRecord:
    """Generate an image."""
    record = world.generate(a_request(), claim="c" * 64)
    world.events.clear()
    return record


@pytest.fixture
def create(world: World) -> CreateCutout:
    """Make the use case on the fakes; waiting advances the clock."""
    free_images = build_free_images(world.ports, world.recover, sleep=world.clock.advance)
    return build_create_cutout(world.ports, free_images)


def request(parent: ImageRecord, **changes: object) -> CutoutRequest:
    """Return a request for a cutout that keeps all areas."""
    return replace(CutoutRequest(parent_id=parent.id, options=KEEP), **changes)  # type: ignore[arg-type]  # reason: any field


def objects_of(world: World, image_id: str) -> set[str]:
    """Return the keys of an image's objects."""
    return {key for key in world.store.objects if image_id in key}


FAILURES = [
    ("records", "get", 0, RecordsUnavailable),
    ("store", "get originals", 0, StorageUnavailable),
    ("records", "insert", 0, RecordsUnavailable),
    ("store", "put originals", 0, StorageUnavailable),
    ("store", "put originals", 1, StorageUnavailable),
    ("store", "put images", 0, StorageUnavailable),
    ("store", "delete images", 0, StorageUnavailable),
]


@pytest.mark.parametrize(("port", "step", "good", "error"), FAILURES)
def test_failed_request_can_be_repeated(
    world: World,
    create: CreateCutout,
    parent: ImageRecord,
    port: str,
    step: str,
    good: int,
    error: type[AppError],
) -> None:
    """After each failure the same request makes the same image; the parent is never lost."""
    sent = request(parent, replace=True)
    getattr(world, port).fail(step, error("down"), after=good)
    with pytest.raises(error) as caught:
        create(sent)
    assert (caught.value.charged, caught.value.status) == (Charged.NO, 503)
    assert "Idempotency-Key" not in caught.value.message
    assert object_keys.image_key(parent.id) in world.store.objects
    getattr(world, port).repair()
    made = create(sent).record
    assert (made.state, len(objects_of(world, made.id))) == (State.READY, 3)
    assert world.records.by_id[parent.id].replaced_by == made.id
    assert len(world.generator.requests) == 1
    assert world.spool.objects == {}
    assert outcome(reconcile(world, fix=True)) == {}


def test_parent_is_not_replaced_by_a_record_that_is_not_ready(
    world: World, create: CreateCutout, parent: ImageRecord
) -> None:
    """If the records fail at the end, the image is stored, and repeating finishes it."""
    world.records.fail("compare_and_swap", RecordsUnavailable("down"))
    with pytest.raises(RecordsUnavailable):
        create(request(parent, replace=True))
    assert world.records.by_id[parent.id] == parent
    world.records.repair()
    with pytest.raises(GenerationInProgress):
        create(request(parent, replace=True))
    world.clock.advance(600)
    made = create(request(parent, replace=True)).record
    assert world.records.by_id[parent.id].replaced_by == made.id
    assert len([key for key in world.store.objects if key.startswith("images/")]) == 1


@pytest.mark.parametrize("stored", ["", "original", "original sidecar", "original sidecar image"])
def test_crash_is_finished_for_nothing(
    world: World, create: CreateCutout, parent: ImageRecord, stored: str
) -> None:
    """Whatever a crash left, the lease is respected; then the same request or reconcile ends it."""
    made = create(request(parent)).record
    keys = dict(
        zip(
            ("original", "sidecar", "image"),
            (f"originals/{made.id}.png", f"originals/{made.id}.json", f"images/{made.id}.png"),
            strict=True,
        )
    )
    expected = {name: world.store.objects[key].data for name, key in keys.items()}
    for name, key in keys.items():
        if name not in stored.split():
            world.store.delete(key)
    pending = replace(
        made,
        state=State.PENDING,
        lease_until=world.clock.now() + LEASE,
        created_at=None,
        image=None,
    )
    world.records.by_id[made.id] = replace(pending, original=None)
    with pytest.raises(GenerationInProgress) as caught:
        create(request(parent))
    assert caught.value.charged is Charged.NO
    assert "Idempotency-Key" not in caught.value.message
    world.clock.advance(LEASE.total_seconds())
    if stored:
        reconcile(world, fix=True)
    found = create(request(parent)).record
    assert (found.state, found.cutout_options, found.parent) == (
        State.READY,
        made.cutout_options,
        parent.id,
    )
    assert world.store.objects[keys["image"]].data == expected["image"]
    assert world.store.objects[keys["original"]].data == expected["original"]
    assert world.image_processor.options[-1].holes == KEEP.holes
    assert len(world.generator.requests) == 1


@pytest.mark.parametrize("with_image", [True, False])
def test_lost_record_is_rebuilt_with_parent_and_options(
    world: World, create: CreateCutout, parent: ImageRecord, with_image: bool
) -> None:
    """The sidecar has both, so the image is cut out as before."""
    made = create(request(parent)).record
    world.records.delete(made.id)
    if not with_image:
        world.store.delete(object_keys.image_key(made.id))
    world.clock.advance(1000)
    reconcile(world, fix=True)
    rebuilt = world.records.by_id[made.id]
    assert (rebuilt.state, rebuilt.parent) == (State.READY, parent.id)
    assert rebuilt.cutout_options == {"holes": "keep"}
    assert (rebuilt.charged, rebuilt.cost_micros) == (Charged.NO, 0)
    assert world.image_processor.options[-1].holes == KEEP.holes


def test_other_request_is_waited_for(
    world: World, create: CreateCutout, parent: ImageRecord
) -> None:
    """A request that finds the same one running waits, and gets its result."""
    made = create(request(parent)).record
    until = world.clock.now() + LEASE
    world.records.by_id[made.id] = replace(made, state=State.PENDING, lease_until=until)
    waited = threading.Event()

    def finish(_seconds: float) -> None:
        world.records.by_id[made.id] = made
        waited.set()

    free_images = replace(create.free_images, sleep=finish)
    result = replace(create, free_images=free_images)(request(parent))
    assert waited.is_set()
    assert result == FreeImage(record=made, created=False)
