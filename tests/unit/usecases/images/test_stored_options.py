"""The options of an image stay with it: in its record, its sidecar, and later cutouts."""

from dataclasses import replace

import pytest

from app.imaging import CutoutOptions, HoleChoice
from app.models import ImageRecord, object_keys
from app.usecases.generation import sidecar
from app.usecases.images.originals import options_of
from app.usecases.images.recut import RecutImages
from tests.support.builders import NOON, World, a_record, a_request
from tests.support.reconcile.damage import dropping
from tests.support.reconcile.runs import reconcile

DOCUMENT = {"holes": "keep:2", "shadow": "keep"}
OPTIONS = CutoutOptions(holes=HoleChoice(keep=(2,)), shadow="keep", subject="A red fox")


def recut_of(world: World) -> RecutImages:
    """Return the use case on the fakes."""
    return RecutImages(
        records=world.records, store=world.store, finalizer=world.finalizer, cache=world.cache
    )


@pytest.fixture
def corrected(world: World) -> ImageRecord:
    """Generate an image, and store options with it."""
    made = world.generate(a_request(prompt="A red fox"))
    record = replace(made, cutout_options=DOCUMENT)
    assert world.records.compare_and_swap(made, record)
    key = object_keys.sidecar_key(record.id)
    world.store.put(key, sidecar.write(record), content_type="application/json")
    world.image_processor.options.clear()
    world.clock.advance(1000)
    return record


def test_the_prompt_of_the_caller_is_evidence() -> None:
    """An enhanced prompt is used only if the caller's is unknown."""
    record = a_record(prompt="A panda", subject="A panda that holds a ring", cutout_options={})
    assert options_of(record) == CutoutOptions(subject="A panda")
    imported = replace(record, prompt="")
    assert options_of(imported) == CutoutOptions(subject="A panda that holds a ring")


def test_recut_keeps_the_options(world: World, corrected: ImageRecord) -> None:
    """A recut uses the stored options, and its record still has them."""
    (result,) = recut_of(world)(in_place=True)
    assert not result.problem
    assert world.image_processor.options == [OPTIONS]
    assert world.records.by_id[corrected.id].cutout_options == DOCUMENT


def test_nothing_changes_while_the_shared_cache_is_down(
    world: World, corrected: ImageRecord
) -> None:
    """It could not drop the old image, and would go on to share it."""
    image_key = object_keys.image_key(corrected.id)
    world.store.put(image_key, b"of an earlier version", content_type="image/png")
    before = dict(world.store.objects)
    world.cache.up = False
    (result,) = recut_of(world)(in_place=True)
    assert "Redis does not respond" in result.problem
    assert (world.store.objects, world.records.by_id[corrected.id]) == (before, corrected)
    world.cache.up = True
    (result,) = recut_of(world)(in_place=True)
    assert result.changed
    assert world.store.objects != before


@pytest.mark.parametrize("parts", [("image",), ("record",), ("record", "image"), ("note",)])
def test_reconcile_keeps_the_options(
    world: World, corrected: ImageRecord, parts: tuple[str, ...]
) -> None:
    """A restored image is cut out as before, and record and sidecar have the options again."""
    dropping(*parts)(world.ports, corrected)
    reconcile(world, fix=True)
    assert world.records.by_id[corrected.id].cutout_options == DOCUMENT
    note = world.store.objects[object_keys.sidecar_key(corrected.id)].data
    assert note == sidecar.write(corrected)
    assert world.image_processor.options == ([] if parts == ("note",) else [OPTIONS])


def test_a_deleted_image_keeps_no_options(corrected: ImageRecord) -> None:
    """A tombstone has nothing but what recognizes a repeated request."""
    assert corrected.deleted(NOON).tombstone(NOON).cutout_options == {}
