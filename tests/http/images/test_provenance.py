"""What callers learn of where an image comes from: in its file, and in the answers."""

from pathlib import Path

import pytest

from tests.support.builders import a_generation
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images import xmp_readers
from tests.support.images.content_credentials import with_manifest
from tests.support.service import Parts, Service, openai_settings, serving, settings_for

SOURCES = {"offline": "algorithmicMedia", "openai": "trainedAlgorithmicMedia"}


def test_a_served_image_and_its_variants_report_their_origin(service: Service) -> None:
    """The file tells id, model, time and source of its row, not the prompt; so do variants."""
    made = service.generate("A red fox").json()
    path, image_id = f"/images/{made['filename']}", made["filename"].removesuffix(".png")
    reported = xmp_readers.reported(service.get(path).content)
    row = service.ports.records.get(image_id)
    assert row
    assert reported["dc:identifier"] == image_id
    assert reported["xmp:CreatorTool"] == made["model"]
    assert reported["xmp:CreateDate"] == row.requested_at.isoformat(timespec="milliseconds")
    assert (
        reported["Iptc4xmpExt:DigitalSourceType"] == xmp_readers.TYPES + SOURCES[made["provider"]]
    )
    assert "fox" not in str(reported)
    for query in ("format=webp&w=64", "format=jpeg&w=64", "format=avif&w=64", "w=300"):
        assert xmp_readers.reported(service.get(f"{path}?{query}").content) == reported


@pytest.mark.parametrize("wanted", [False, True])
def test_the_prompt_is_reported_only_where_the_operator_wants_it(
    fake_openai: FakeOpenAI, tmp_path: Path, wanted: bool
) -> None:
    """With XMP_INCLUDE_PROMPT=true the file carries the prompt; without, no word of it."""
    settings = settings_for(
        data_dir=tmp_path, xmp_include_prompt=wanted, **openai_settings(fake_openai)
    )
    with serving(settings) as service:
        made = service.generate("A red <fox> & a 🦊").json()
        reported = xmp_readers.reported(service.get(f"/images/{made['filename']}").content)
    assert reported.get("Iptc4xmpExt:AIPromptInformation") == (
        made["new_prompt"] if wanted else None
    )


def test_answers_report_whether_the_original_has_content_credentials(
    real: Service, parts: Parts
) -> None:
    """Generation, metadata and list tell of the manifest, and the original keeps all its bytes."""
    drawn = []

    def signed(data: bytes) -> bytes:
        drawn.append(with_manifest(data))
        return drawn[0]

    plain = real.generate().json()
    parts.fake.script("images", Fault("signed", paid=True, image=signed))
    made = real.generate().json()
    for image, expected in ((plain, False), (made, True)):
        assert image["original"]["content_credentials"] is expected
        path = f"/images/{image['filename']}"
        assert real.get(f"{path}/metadata").json()["original"] == image["original"]
    listed = {image["filename"]: image["original"] for image in real.images()}
    assert listed == {image["filename"]: image["original"] for image in (plain, made)}
    image_id = made["filename"].removesuffix(".png")
    assert real.ports.store.get(f"originals/{image_id}.png").data == drawn[0]
    assert b"caBX" not in real.get(f"/images/{made['filename']}").content


def test_of_an_older_image_nobody_knows(service: Service) -> None:
    """A row from before originals were looked at for manifests tells null."""
    row = a_generation()
    assert service.ports.records.insert(row)
    found = service.get(f"/images/{row.id}.png/metadata").json()
    assert found["original"]["content_credentials"] is None
