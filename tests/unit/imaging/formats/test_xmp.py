"""What images and variants tell of where they come from, read by other programs' parsers."""

import struct
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import imaging
from app.errors import ImagePendingUpload, StorageUnavailable
from app.imaging import Provenance, Variant
from app.imaging.formats.xmp import build_packet, read_packet
from app.imaging.variants.variant import Format
from app.usecases.images.provenance import ProvenanceBuilder
from tests.support.builders import World, a_generation, a_request
from tests.support.images import xmp_readers
from tests.support.images.sample_images import encoded, owl, pixels

ORIGINAL = encoded(owl(600, 600))
ROW = a_generation(id="9b2f7f6e-55a1-4f43-8b9c-0f0f5c1c2a11")
PLAIN = imaging.cutout(ORIGINAL).png


def cut(row: Any = ROW, *, with_prompts: bool = False) -> bytes:
    """Return the image as it is stored for this row."""
    return imaging.cutout(ORIGINAL, provenance=ProvenanceBuilder(with_prompts).of(row)).png


def test_an_image_of_a_model_says_so() -> None:
    """Drawn by a trained model, which one, when it was asked for, and the id; nothing else."""
    assert xmp_readers.reported(cut()) == {
        "dc:identifier": ROW.id,
        "xmpMM:DocumentID": f"uuid:{ROW.id}",
        "xmp:CreateDate": "2026-11-22T11:59:20.123+00:00",
        "xmp:CreatorTool": "gpt-image-2.6-flare",
        "Iptc4xmpExt:DigitalSourceType": f"{xmp_readers.TYPES}trainedAlgorithmicMedia",
        "Iptc4xmpExt:AISystemUsed": "gpt-image-2.6-flare",
    }


def test_an_image_drawn_by_rules_is_not_marked_as_ai() -> None:
    """The offline painter's images are made by an algorithm, and no word of AI is in them."""
    row = replace(ROW, provider="offline", model="emblem-painter")
    for with_prompts in (False, True):
        reported = xmp_readers.reported(cut(row, with_prompts=with_prompts))
        assert reported["Iptc4xmpExt:DigitalSourceType"] == f"{xmp_readers.TYPES}algorithmicMedia"
        assert reported["xmp:CreatorTool"] == "emblem-painter"
        assert not [name for name in reported if "AI" in name]


@pytest.mark.parametrize("provider", ["import", ""])
def test_of_an_image_made_elsewhere_only_its_id_is_reported(provider: str) -> None:
    """Nobody knows how it was made, so nothing is said about that."""
    reported = xmp_readers.reported(
        cut(replace(ROW, provider=provider, model=""), with_prompts=True)
    )
    assert reported == {"dc:identifier": ROW.id, "xmpMM:DocumentID": f"uuid:{ROW.id}"}


@pytest.mark.parametrize("provider", ["openai", "azure", "record", "replay", "a new one"])
def test_whoever_else_draws_is_a_model(provider: str) -> None:
    """No model that is added later can be forgotten here."""
    reported = xmp_readers.reported(cut(replace(ROW, provider=provider)))
    assert (
        reported["Iptc4xmpExt:DigitalSourceType"] == f"{xmp_readers.TYPES}trainedAlgorithmicMedia"
    )


@pytest.mark.parametrize("file_format", get_args(Format))
@pytest.mark.parametrize("wanted", [{"width": 100, "height": 80}, {"width": 300, "height": 300}])
def test_each_variant_reports_what_the_image_reports(
    file_format: Format, wanted: dict[str, Any]
) -> None:
    """The packet is the same to the byte in every format, also if the original is cut again."""
    image = cut(with_prompts=True)
    made = imaging.render_variant(image, lambda: ORIGINAL, Variant(**wanted, format=file_format))
    assert xmp_readers.raw(made) == xmp_readers.raw(image) != b""
    without = imaging.render_variant(PLAIN, lambda: ORIGINAL, Variant(**wanted, format=file_format))
    assert xmp_readers.reported(without) == {}
    assert (seen(made) == seen(without)).all()


def seen(file: bytes) -> Any:
    """Return the pixels of a file of any format."""
    return pixels(encoded(xmp_readers.opened(file).convert("RGBA")))


def test_the_pixels_are_the_same_with_and_without() -> None:
    """A packet is put beside the pixels, which are the same bytes; and it is put there once."""
    assert (pixels(cut()) == pixels(PLAIN)).all()
    assert len(cut()) - len(PLAIN) == 12 + 22 + len(xmp_readers.raw(cut()))
    assert cut().count(b"xpacket begin") == 1


def test_the_same_row_gives_the_same_file() -> None:
    """Whoever cuts the image again, and however often, stores the very same bytes."""
    assert cut() == cut(replace(ROW, lease_until=ROW.requested_at, image=None, created_at=None))


SPECIAL = '<b>&amp; ]]> "fox" \'owl\' </rdf:RDF> <?xpacket end="w"?> é 狐 🦊 \t\n\r\n end'


def test_a_prompt_is_reported_if_that_is_wanted() -> None:
    """It is what was really drawn, to the letter, whatever it is made of; else it is nowhere."""
    row = replace(ROW, subject=SPECIAL, prompt_suffix="")
    assert (
        xmp_readers.reported(cut(row, with_prompts=True))["Iptc4xmpExt:AIPromptInformation"]
        == SPECIAL
    )
    assert "fox" not in str(xmp_readers.reported(cut(row)))


@given(st.text() | st.text("\x00\x08\x0b\x1f\x7f\ufffe\uffff<&>\r\ud800", max_size=9))
def test_any_prompt_makes_a_packet_that_can_be_read(prompt: str) -> None:
    """What XML can't write is replaced, one by one; all else comes back as it was."""
    origin = Provenance(id="x", source="trainedAlgorithmicMedia", prompt=prompt)
    reported = xmp_readers.parsed(build_packet(origin)).get("Iptc4xmpExt:AIPromptInformation", "")
    assert len(reported) == len(prompt)
    assert all(mine in (theirs, "\ufffd") for mine, theirs in zip(reported, prompt, strict=True))
    assert reported == prompt or any(c < " " or c in "\ud800\ufffe\uffff" for c in prompt)


@pytest.mark.parametrize("character", ["a", "&", "🦊", "\r"])
@pytest.mark.parametrize("length", [4000, 50_000])
def test_a_long_prompt_fits_into_every_format(character: str, length: int) -> None:
    """Prompts of 4000 characters are told whole; what no caller can send is cut off."""
    row = replace(ROW, subject=character * length, prompt_suffix="")
    image = cut(row, with_prompts=True)
    reported = xmp_readers.reported(image)
    assert reported["Iptc4xmpExt:AIPromptInformation"] == character * min(length, 10_000)
    for file_format in get_args(Format):
        made = imaging.render_variant(image, lambda: ORIGINAL, Variant(format=file_format))
        assert xmp_readers.reported(made) == reported


def chunk(name: bytes, content: bytes, length: int | None = None) -> bytes:
    """Make a chunk of a PNG, whose length may be a lie."""
    return struct.pack(">I", len(content) if length is None else length) + name + content + b"CRC "


KEYWORD = b"XML:com.adobe.xmp\0\0\0\0\0"


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        PLAIN,
        PLAIN[:33] + chunk(b"iTXt", b"Comment\0\0\0\0\0<x/>") + PLAIN[33:],
        PLAIN[:33] + chunk(b"tEXt", KEYWORD + b"<x/>") + PLAIN[33:],
        PLAIN[:33] + chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0<x/>") + PLAIN[33:],
        PLAIN[:33] + chunk(b"iTXt", KEYWORD + b"<x/>" * 20_000) + PLAIN[33:],
        PLAIN[:33] + chunk(b"iTXt", KEYWORD + b"<x/>", 0xFFFFFFFF) + PLAIN[33:],
        PLAIN[:-12] + chunk(b"iTXt", KEYWORD + b"<x/>") + PLAIN[-12:],
        PLAIN[:40],
    ],
)
def test_what_is_no_packet_of_ours_is_not_copied(file: bytes) -> None:
    """Files without one, cut off, with lies about lengths, or with one of any size, give none."""
    assert read_packet(file) == b""


STORED = cut()


@given(data=st.data())
def test_a_damaged_file_gives_some_bytes_or_none(data: st.DataObject) -> None:
    """Reading a packet never fails, and never gives more than a JPEG has room for."""
    file = bytearray(STORED)
    for _ in range(data.draw(st.integers(0, 4))):
        file[data.draw(st.integers(0, 1500))] = data.draw(st.integers(0, 255))
    assert len(read_packet(bytes(file[: data.draw(st.integers(0, len(file)))]))) <= 60_000


def test_what_a_file_reports_comes_from_its_row(world: World) -> None:
    """An image that is bought, and one that is finished later, are cut with the row's origin."""
    made = world.generate(a_request())
    assert world.imaging.origins == [(ProvenanceBuilder().of(made), b"")]
    world.finalizer.process(made, b"the paid original")
    assert world.imaging.origins[1] == world.imaging.origins[0]


def test_an_image_keeps_telling_what_its_row_forgot(world: World) -> None:
    """Where row and note are lost and the image isn't, cutting it again keeps what it tells."""
    assert (
        imaging.cutout(ORIGINAL, provenance=Provenance(id="x", source=None), previous=cut()).png
        == cut()
    )
    lost = replace(world.generate(a_request()), provider="", model="")
    world.finalizer.process(lost, b"the paid original")
    assert world.imaging.origins[1] == (
        ProvenanceBuilder().of(lost),
        b"cutout of the paid original",
    )
    world.store.delete(f"images/{lost.id}.png")
    world.finalizer.process(lost, b"the paid original")
    assert world.imaging.origins[2] == (ProvenanceBuilder().of(lost), b"")


def test_a_store_that_is_down_loses_no_origin(world: World) -> None:
    """While nobody can tell what the image tells, it isn't cut again without it."""
    lost = replace(world.generate(a_request()), provider="", model="")
    world.store.fail("get images", StorageUnavailable())
    with pytest.raises(ImagePendingUpload):
        world.finalizer.process(lost, b"the paid original")
    assert len(world.imaging.origins) == 1
