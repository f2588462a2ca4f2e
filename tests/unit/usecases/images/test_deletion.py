"""Deleting an image, and repeating a deletion that failed half-way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import ImageDeleted, ImageNotFound, RecordsUnavailable, StorageUnavailable
from app.imaging import ImageInfo
from app.models import ImageRecord, PageQuery, State
from app.usecases.images.images import Images
from tests.support.builders import World, a_request

CLAIM = "c" * 64


@pytest.fixture
def images(world: World) -> Images:
    """Make the use case on the fakes."""
    return Images(world.store, world.records, world.clock)


def tombstone_of(world: World, record: ImageRecord) -> ImageRecord:
    """Return what remains of an image that was just deleted."""
    return ImageRecord(
        id=record.id,
        state=State.DELETED,
        requested_at=record.requested_at,
        lease_until=world.clock.now(),
        owner=record.owner,
        claim=record.claim,
        fingerprint=record.fingerprint if record.claim else "",
        attempt=record.attempt,
        cost_micros=record.cost_micros,
        booked_micros=record.booked_micros,
    )


@pytest.mark.parametrize("claim", ["", CLAIM])
@pytest.mark.parametrize("info", [ImageInfo("png", 1, 1), ImageInfo("webp", 1, 1)])
def test_deletion_leaves_a_tombstone_only(
    world: World, images: Images, claim: str, info: ImageInfo
) -> None:
    """Objects and record are removed; a tombstone without any text stays."""
    world.image_processor.info = info
    kept = world.generate(a_request(prompt="Another"))
    made = world.generate(a_request(), claim=claim)
    images.delete(made.id)
    assert all(kept.id in key for key in world.store.objects)
    assert len(world.store.objects) == 3
    assert world.records.by_id.get(made.id) == tombstone_of(world, made)
    assert "fox" not in repr(world.records.by_id.get(made.id)).lower()


@pytest.mark.parametrize("claim", ["", CLAIM])
def test_deleted_image_is_not_found(world: World, images: Images, claim: str) -> None:
    """A deleted image has no record, is not listed, and can't be deleted again."""
    made = world.generate(a_request(), claim=claim)
    images.delete(made.id)
    calls: list[Callable[[str], object]] = [images.record, images.fetch, images.delete]
    for call in calls:
        with pytest.raises(ImageNotFound):
            call(made.id)
    assert images.page(PageQuery(limit=10)).total == 0


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED, State.UNKNOWN])
def test_unready_image_is_not_deleted(world: World, images: Images, state: State) -> None:
    """A record that is pending, or ended without an image, is left alone."""
    made = world.generate(a_request())
    world.records.by_id[made.id] = record = replace(made, state=state)
    objects = dict(world.store.objects)
    with pytest.raises(ImageNotFound):
        images.delete(made.id)
    assert (world.record, world.store.objects) == (record, objects)


@pytest.mark.parametrize("claim", ["", CLAIM])
@pytest.mark.parametrize(
    ("port", "step", "good", "error"),
    [
        ("records", "get", 0, RecordsUnavailable),
        ("records", "compare_and_swap", 0, RecordsUnavailable),
        ("store", "delete images", 0, StorageUnavailable),
        ("store", "delete originals", 0, StorageUnavailable),
        ("store", "delete originals", 1, StorageUnavailable),
        ("records", "compare_and_swap", 1, RecordsUnavailable),
    ],
)
def test_failed_deletion_can_be_repeated(
    world: World,
    images: Images,
    claim: str,
    port: str,
    step: str,
    good: int,
    error: type[Exception],
) -> None:
    """Before the record is marked nothing changes; after it, repeating removes the rest."""
    made = world.generate(a_request(), claim=claim)
    objects = dict(world.store.objects)
    getattr(world, port).fail(step, error(), after=good)
    with pytest.raises(error):
        images.delete(made.id)
    if step in {"get", "compare_and_swap"} and good == 0:
        assert (world.record, world.store.objects) == (made, objects)
    else:
        assert world.record.state is State.DELETED
        assert images.page(PageQuery(limit=10)).total == 0
    getattr(world, port).repair()
    images.delete(made.id)
    assert world.store.objects == {}
    assert world.records.by_id == {made.id: tombstone_of(world, made)}


def test_a_deletion_goes_on_after_its_own_mark(
    world: World, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a write that was sent twice, the second one finds the record changed."""
    made, swap = world.generate(a_request()), world.records.compare_and_swap
    monkeypatch.setattr(
        world.records, "compare_and_swap", lambda old, new: swap(old, new) and swap(old, new)
    )
    images.delete(made.id)
    assert world.records.by_id[made.id].is_tombstone
    assert world.store.objects == {}


def test_key_of_a_half_deleted_image_generates_nothing(world: World, images: Images) -> None:
    """As soon as the record is marked, its key says that the image was deleted."""
    made = world.generate(a_request(), claim=CLAIM)
    world.store.fail("delete images", StorageUnavailable())
    with pytest.raises(StorageUnavailable):
        images.delete(made.id)
    world.store.repair()
    for _ in range(2):
        with pytest.raises(ImageDeleted):
            world.generate(a_request(), claim=CLAIM)
        if world.record.created_at:
            images.delete(made.id)
    assert len(world.generator.requests) == 1


def test_changed_record_is_not_deleted(
    world: World, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the record changes after it was read, nothing is removed."""
    made = world.generate(a_request())
    objects = dict(world.store.objects)
    other = replace(made, lease_until=made.lease_until + timedelta(seconds=1))
    world.records.by_id[made.id] = other
    monkeypatch.setattr(world.records, "get", lambda _: made)
    with pytest.raises(ImageNotFound):
        images.delete(made.id)
    assert (world.record, world.store.objects) == (other, objects)
