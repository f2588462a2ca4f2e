"""Another cutout of an image: free, and made once for equal requests."""

from dataclasses import replace

import pytest

from app.container.generation import build_create_cutout, build_free_images
from app.errors import (
    Charged,
    ImageDamaged,
    ImageNotFound,
    InvalidRequest,
    ObjectDamaged,
    OriginalMissing,
)
from app.imaging import CutoutOptions, HoleChoice, UnusableImage
from app.models import Caller, ImageRecord, PageQuery, State, object_keys
from app.usecases.images.create_cutout import CreateCutout, CutoutRequest
from app.usecases.images.free_images import FreeImage
from app.usecases.images.images import Images
from tests.support.builders import NOON, World, a_request

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


def test_cutout_is_an_image_of_its_own_for_nothing(
    world: World, create: CreateCutout, parent: ImageRecord
) -> None:
    """It has its own copy of the original, its options and its parent; nothing is paid."""
    made = create(request(parent))
    record = made.record
    assert (made.created, record.state, record.parent) == (True, State.READY, parent.id)
    assert (record.charged, record.cost_micros, record.booked_micros) == (Charged.NO, 0, 0)
    assert record.cutout_options == {"holes": "keep"}
    assert (record.prompt, record.model, record.provider) == (
        parent.prompt,
        parent.model,
        parent.provider,
    )
    original = world.store.objects[object_keys.original_key(record.id, "png")].data
    assert original == world.generator.data
    assert len(objects_of(world, record.id)) == 3
    assert world.image_processor.options[-1].holes == KEEP.holes
    assert len(world.generator.requests) == 1
    assert not [event for event in world.events if event.startswith(("moderator", "spool put"))]
    assert not [event for event in world.events if "ledger" in event]
    assert world.records.by_id[parent.id] == parent


def test_equal_requests_have_one_result(create: CreateCutout, parent: ImageRecord) -> None:
    """The id follows from the parent and the canonical options; each difference changes it."""
    first = create(request(parent))
    assert create(request(parent)) == FreeImage(record=first.record, created=False)
    others = [
        CutoutOptions(),
        CutoutOptions(holes=HoleChoice.parse("cut")),
        CutoutOptions(holes=KEEP.holes, shadow="keep"),
        CutoutOptions(holes=KEEP.holes, background="#ffffff"),
        CutoutOptions(holes=KEEP.holes, tolerance=0),
    ]
    ids = {create(request(parent, options=options)).record.id for options in others}
    ids |= {create(request(parent, mask=mask)).record.id for mask in (b"a", b"b")}
    ids.add(create(request(first.record)).record.id)
    assert len(ids | {first.record.id}) == 9


def test_mask_is_kept_in_its_normal_form(
    world: World, create: CreateCutout, parent: ImageRecord
) -> None:
    """Record and cutout get the normalized mask, made for the size of the original."""
    create(request(parent, mask=b"mask"))
    assert world.image_processor.options[-1].mask == b"mask for 1536x1024"


def test_deleting_either_leaves_the_other(
    world: World, create: CreateCutout, parent: ImageRecord
) -> None:
    """Their objects are separate."""
    child = create(request(parent)).record
    images = Images(world.store, world.records, world.clock)
    images.delete(parent.id)
    assert len(objects_of(world, child.id)) == 3
    again = world.generate(a_request())
    other = create(request(again)).record
    images.delete(other.id)
    assert len(objects_of(world, again.id)) == 3
    assert create(request(again)).created


@pytest.mark.parametrize("owner", ["", "bob", "ann "])
def test_image_of_another_owner_is_absent(world: World, create: CreateCutout, owner: str) -> None:
    """It is the same error as for an image that doesn't exist, and nothing is read."""
    record = world.generate(a_request(), caller=ANN)
    for parent_id in (record.id, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(ImageNotFound) as caught:
            create(request(record, parent_id=parent_id, owner=owner))
        assert caught.value.charged is Charged.NO
    assert create(request(record, owner="ann")).record.owner == "ann"


def test_replaced_parent_redirects_only_after_the_cutout_is_ready(
    world: World, create: CreateCutout, parent: ImageRecord
) -> None:
    """The parent leaves the list; the same request again changes nothing, a new one follows."""
    first = create(request(parent, replace=True))
    images = Images(world.store, world.records, world.clock)
    assert images.replacement_of(parent.id) == first.record.id
    assert not create(request(parent, replace=True)).created
    second = create(request(parent, options=CutoutOptions(), replace=True)).record
    assert images.replacement_of(parent.id) == second.id
    assert images.replacement_of(first.record.id) == second.id
    assert [record.id for record in images.page(PageQuery(limit=9)).records] == [second.id]
    ready = world.events.index("store put images")
    assert ready < world.events.index("store delete images")


def test_half_deleted_cutout_is_made_again(
    world: World, create: CreateCutout, parent: ImageRecord
) -> None:
    """It has an id of its own, which the rest of the deletion doesn't touch."""
    made = create(request(parent)).record
    world.records.by_id[made.id] = made.deleted(NOON)
    again = create(request(parent))
    assert again.created
    assert again.record.id != made.id
    assert create(request(parent)).record == again.record


def test_area_that_the_image_lacks_is_refused(
    world: World, create: CreateCutout, parent: ImageRecord
) -> None:
    """It is an invalid request, before any record is written."""
    options = CutoutOptions(holes=HoleChoice.parse("keep:24"))
    with pytest.raises(InvalidRequest) as caught:
        create(request(parent, options=options))
    assert caught.value.errors[0]["field"] == "holes"
    assert len(world.records.by_id) == 1


def test_unusable_originals(world: World, create: CreateCutout, parent: ImageRecord) -> None:
    """A missing original is 404, an undecodable one is damaged, a changed one a wrong response."""
    key = object_keys.original_key(parent.id, "png")
    world.image_processor.fail("cut_out", UnusableImage("broken"))
    with pytest.raises(ImageDamaged):
        create(request(parent))
    world.image_processor.repair()
    world.store.put(key, b"other", content_type="image/png")
    with pytest.raises(ObjectDamaged):
        create(request(parent, options=CutoutOptions()))
    world.store.delete(key)
    with pytest.raises(OriginalMissing):
        create(request(parent, options=CutoutOptions()))
