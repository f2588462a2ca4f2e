"""Provenance of images: XMP metadata in files, and content credentials in responses."""

from pathlib import Path

import pytest

from tests.support.builders import a_record
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images import xmp_readers
from tests.support.images.content_credentials import with_manifest
from tests.support.service import Parts, Service, openai_settings, serving, settings_for

SOURCES = {"offline": "algorithmicMedia", "openai": "trainedAlgorithmicMedia"}


def test_image_and_variants_contain_provenance(service: Service) -> None:
    """Image and variants contain the record's id, model, time and source, not the prompt."""
    image = service.generate("A red fox").json()
    path, image_id = f"/images/{image['filename']}", image["filename"].removesuffix(".png")
    reported = xmp_readers.read_properties(service.get(path).content)
    record = service.ports.records.get(image_id)
    assert record
    assert reported["dc:identifier"] == image_id
    assert reported["xmp:CreatorTool"] == image["model"]
    assert reported["xmp:CreateDate"] == record.requested_at.isoformat(timespec="milliseconds")
    assert (
        reported["Iptc4xmpExt:DigitalSourceType"]
        == xmp_readers.SOURCE_TYPES + SOURCES[image["provider"]]
    )
    assert "fox" not in str(reported)
    for query in ("format=webp&w=64", "format=jpeg&w=64", "format=avif&w=64", "w=300"):
        assert xmp_readers.read_properties(service.get(f"{path}?{query}").content) == reported


@pytest.mark.parametrize("include", [False, True])
def test_prompt_is_included_only_if_configured(
    fake_openai: FakeOpenAI, tmp_path: Path, include: bool
) -> None:
    """The file contains the prompt only with XMP_INCLUDE_PROMPT=true."""
    settings = settings_for(
        data_dir=tmp_path, xmp_include_prompt=include, **openai_settings(fake_openai)
    )
    with serving(settings) as service:
        image = service.generate("A red <fox> & a 🦊").json()
        reported = xmp_readers.read_properties(service.get(f"/images/{image['filename']}").content)
    assert reported.get("Iptc4xmpExt:AIPromptInformation") == (
        image["new_prompt"] if include else None
    )


def test_responses_report_content_credentials(real: Service, parts: Parts) -> None:
    """Generation, metadata and list report the manifest, and the original is unchanged."""
    originals = []

    def signed(data: bytes) -> bytes:
        originals.append(with_manifest(data))
        return originals[0]

    plain = real.generate().json()
    parts.fake.script("images", Fault("signed", paid=True, image=signed))
    with_credentials = real.generate().json()
    for image, expected in ((plain, False), (with_credentials, True)):
        assert image["original"]["content_credentials"] is expected
        path = f"/images/{image['filename']}"
        assert real.get(f"{path}/metadata").json()["original"] == image["original"]
    listed = {image["filename"]: image["original"] for image in real.images()}
    assert listed == {image["filename"]: image["original"] for image in (plain, with_credentials)}
    image_id = with_credentials["filename"].removesuffix(".png")
    assert real.ports.store.get(f"originals/{image_id}.png").data == originals[0]
    assert b"caBX" not in real.get(f"/images/{with_credentials['filename']}").content


def test_content_credentials_of_older_images_are_unknown(service: Service) -> None:
    """For a record from before originals were checked for manifests, the field is null."""
    record = a_record()
    assert service.ports.records.insert(record)
    body = service.get(f"/images/{record.id}.png/metadata").json()
    assert body["original"]["content_credentials"] is None
