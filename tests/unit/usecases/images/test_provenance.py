"""A record determines the provenance that its image's file states."""

from dataclasses import replace
from typing import Any

import pytest

from app import imaging
from app.errors import ImagePendingUpload, StorageUnavailable
from app.usecases.images.provenance import ProvenanceBuilder
from tests.support.builders import World, a_record, a_request
from tests.support.images.sample_images import encoded, owl
from tests.support.images.xmp_readers import SOURCE_TYPES, read_properties

ORIGINAL = encoded(owl())
RECORD = a_record(id="9b2f7f6e-55a1-4f43-8b9c-0f0f5c1c2a11")
PROMPT, SOURCE_TYPE = "Iptc4xmpExt:AIPromptInformation", "Iptc4xmpExt:DigitalSourceType"


def cut(record: Any = RECORD, *, with_prompts: bool = False) -> bytes:
    """Return the stored image of this record."""
    provenance = ProvenanceBuilder(with_prompts).of(record)
    return imaging.cutout(ORIGINAL, provenance=provenance).png


def test_a_model_s_image_is_marked_as_generated() -> None:
    """The file states the model, the time of the request and the id, and nothing else."""
    assert read_properties(cut()) == {
        "dc:identifier": RECORD.id,
        "xmpMM:DocumentID": f"uuid:{RECORD.id}",
        "xmp:CreateDate": "2026-11-22T11:59:20.123+00:00",
        "xmp:CreatorTool": "gpt-image-2.6-flare",
        SOURCE_TYPE: f"{SOURCE_TYPES}trainedAlgorithmicMedia",
        "Iptc4xmpExt:AISystemUsed": "gpt-image-2.6-flare",
    }


@pytest.mark.parametrize("provider", ["openai", "offline", "import"])
def test_another_cutout_names_the_image_that_it_was_derived_from(provider: str) -> None:
    """All else that is stated stays the same, beside the new id."""
    record = replace(RECORD, provider=provider, parent="b25ab1d0-6f0e-4a3a-9c1b-0d9d3c6f4e77")
    properties = read_properties(cut(record))
    assert properties.pop("xmpMM:DerivedFrom") == f"uuid:{record.parent}"
    assert properties == read_properties(cut(replace(record, parent="")))


@pytest.mark.parametrize("with_prompts", [False, True])
def test_the_offline_painter_s_image_is_not_marked_as_ai(with_prompts: bool) -> None:
    """The offline painter is an algorithm without training, so no property is about AI."""
    record = replace(RECORD, provider="offline", model="emblem-painter")
    properties = read_properties(cut(record, with_prompts=with_prompts))
    assert properties[SOURCE_TYPE] == f"{SOURCE_TYPES}algorithmicMedia"
    assert properties["xmp:CreatorTool"] == "emblem-painter"
    assert not [name for name in properties if "AI" in name]


@pytest.mark.parametrize("provider", ["import", ""])
def test_an_image_of_unknown_origin_states_its_id_only(provider: str) -> None:
    """Nothing is stated about how an imported image, or one of a lost record, was made."""
    record = replace(RECORD, provider=provider, model="")
    properties = read_properties(cut(record, with_prompts=True))
    assert properties == {"dc:identifier": RECORD.id, "xmpMM:DocumentID": f"uuid:{RECORD.id}"}


@pytest.mark.parametrize("provider", ["openai", "azure", "record", "replay", "a new one"])
def test_every_other_provider_is_a_trained_model(provider: str) -> None:
    """A provider that is added later is marked as AI without a change here."""
    properties = read_properties(cut(replace(RECORD, provider=provider)))
    assert properties[SOURCE_TYPE] == f"{SOURCE_TYPES}trainedAlgorithmicMedia"


def test_the_prompt_is_stated_only_on_request() -> None:
    """With prompts enabled the file states the enhanced prompt, else no part of it."""
    record = replace(RECORD, subject="A red <fox>, sitting", prompt_suffix="")
    assert read_properties(cut(record, with_prompts=True))[PROMPT] == "A red <fox>, sitting"
    assert "fox" not in str(read_properties(cut(record)))


def test_the_same_record_gives_the_same_file() -> None:
    """Cutting the image again gives the same bytes, whatever the record's state."""
    other = replace(RECORD, lease_until=RECORD.requested_at, image=None, created_at=None)
    assert cut() == cut(other)


def test_every_cutout_states_its_record_s_provenance(world: World) -> None:
    """A generated image and one that is finished later are cut with the same provenance."""
    made = world.generate(a_request())
    assert world.image_processor.provenances == [(ProvenanceBuilder().of(made), b"")]
    world.finalizer.process(made, b"the paid original")
    assert world.image_processor.provenances[1] == world.image_processor.provenances[0]


def test_a_lost_record_s_image_keeps_its_provenance(world: World) -> None:
    """When record and sidecar are lost, cutting again copies the stored image's metadata."""
    lost = replace(world.generate(a_request()), provider="", model="")
    world.finalizer.process(lost, b"the paid original")
    provenance = ProvenanceBuilder().of(lost)
    assert world.image_processor.provenances[1] == (provenance, b"cutout of the paid original")
    world.store.delete(f"images/{lost.id}.png")
    world.finalizer.process(lost, b"the paid original")
    assert world.image_processor.provenances[2] == (provenance, b"")


def test_an_unreachable_store_loses_no_provenance(world: World) -> None:
    """While the stored image cannot be read, the image is not cut again without its metadata."""
    lost = replace(world.generate(a_request()), provider="", model="")
    world.store.fail("get images", StorageUnavailable())
    with pytest.raises(ImagePendingUpload):
        world.finalizer.process(lost, b"the paid original")
    assert len(world.image_processor.provenances) == 1
