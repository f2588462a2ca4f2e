"""Packets state an image's provenance in every format, as independent parsers read them."""

import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from app import imaging
from app.imaging import Provenance, Variant
from app.imaging.formats.xmp import build_packet, read_packet
from app.imaging.variants.variant import Format
from tests.support.images import xmp_readers
from tests.support.images.sample_images import encoded, owl, pixels
from tests.support.tables import each_row

ORIGINAL = encoded(owl(600, 600))
PLAIN = imaging.cutout(ORIGINAL).png
WITH_PACKET = [each for each in get_args(Format) if each not in {"ico", "svg"}]
PROVENANCE = Provenance(
    id="9b2f7f6e-55a1-4f43-8b9c-0f0f5c1c2a11",
    source="trainedAlgorithmicMedia",
    created=datetime(2026, 11, 22, 11, 59, 20, 123000, UTC),
    model="gpt-image-2.6-flare",
    prompt="A red fox",
)


def cut(provenance: Provenance = PROVENANCE) -> bytes:
    """Return the stored image with this provenance."""
    return imaging.cutout(ORIGINAL, provenance=provenance).png


def test_a_packet_has_the_standard_properties() -> None:
    """Id, time, model, source type and prompt are stated under the names of the standards."""
    assert xmp_readers.read_properties(cut()) == {
        "dc:identifier": PROVENANCE.id,
        "xmpMM:DocumentID": f"uuid:{PROVENANCE.id}",
        "xmp:CreateDate": "2026-11-22T11:59:20.123+00:00",
        "xmp:CreatorTool": "gpt-image-2.6-flare",
        "Iptc4xmpExt:DigitalSourceType": f"{xmp_readers.SOURCE_TYPES}trainedAlgorithmicMedia",
        "Iptc4xmpExt:AISystemUsed": "gpt-image-2.6-flare",
        "Iptc4xmpExt:AIPromptInformation": "A red fox",
    }


def test_an_algorithmic_image_is_not_marked_as_ai() -> None:
    """An image of an algorithm without training has no property about AI."""
    properties = xmp_readers.read_properties(cut(replace(PROVENANCE, source="algorithmicMedia")))
    source_type = properties["Iptc4xmpExt:DigitalSourceType"]
    assert source_type == f"{xmp_readers.SOURCE_TYPES}algorithmicMedia"
    assert properties["xmp:CreatorTool"] == PROVENANCE.model
    assert not [name for name in properties if "AI" in name]


@each_row("file_format", WITH_PACKET)
@each_row("size", [(100, 80), (300, 300)])
def test_each_variant_has_the_image_s_packet(file_format: Format, size: tuple[int, int]) -> None:
    """The packet is the same to the byte in every format, also if the original is cut again."""
    variant = Variant(width=size[0], height=size[1], format=file_format)
    file = imaging.render_variant(cut(), lambda: imaging.VariantSource(ORIGINAL), variant)
    assert xmp_readers.read_packet(file) == xmp_readers.read_packet(cut()) != b""
    without = imaging.render_variant(PLAIN, lambda: imaging.VariantSource(ORIGINAL), variant)
    assert xmp_readers.read_properties(without) == {}
    assert (decode(file) == decode(without)).all()


def decode(file: bytes) -> Any:
    """Return the pixels of a file of any format."""
    return pixels(encoded(xmp_readers.open_image(file).convert("RGBA")))


def test_a_packet_changes_no_pixel() -> None:
    """A packet is written once, beside the pixels, which are the same bytes."""
    image = cut()
    assert (pixels(image) == pixels(PLAIN)).all()
    assert len(image) - len(PLAIN) == 12 + 22 + len(xmp_readers.read_packet(image))
    assert image.count(b"xpacket begin") == 1


def test_a_previous_file_s_packet_is_copied() -> None:
    """A previous file's packet is copied instead of the one for the given provenance."""
    other = Provenance(id="x", source=None)
    assert imaging.cutout(ORIGINAL, provenance=other, previous=cut()).png == cut()


SPECIAL = '<b>&amp; ]]> "fox" \'owl\' </rdf:RDF> <?xpacket end="w"?> é 狐 🦊 \t\n\r\n end'


def test_special_characters_are_escaped() -> None:
    """A prompt with markup, quotes, line breaks and other scripts is read back unchanged."""
    properties = xmp_readers.read_properties(cut(replace(PROVENANCE, prompt=SPECIAL)))
    assert properties["Iptc4xmpExt:AIPromptInformation"] == SPECIAL


@given(st.text() | st.text("\x00\x08\x0b\x1f\x7f\ufffe\uffff<&>\r\ud800", max_size=9))
def test_any_prompt_gives_a_valid_packet(prompt: str) -> None:
    """Characters outside of XML are replaced one by one; all others are read back unchanged."""
    packet = build_packet(replace(PROVENANCE, prompt=prompt))
    found = xmp_readers.parse_packet(packet).get("Iptc4xmpExt:AIPromptInformation", "")
    assert len(found) == len(prompt)
    assert all(mine in (theirs, "\ufffd") for mine, theirs in zip(found, prompt, strict=True))
    assert found == prompt or any(c < " " or c in "\ud800\ufffe\uffff" for c in prompt)


@each_row("character", ["a", "&", "🦊", "\r"])
@each_row("length", [4000, 50_000])
def test_a_long_prompt_fits_into_every_format(character: str, length: int) -> None:
    """A prompt of 4000 characters is complete; more than the API accepts is cut off."""
    image = cut(replace(PROVENANCE, prompt=character * length))
    properties = xmp_readers.read_properties(image)
    assert properties["Iptc4xmpExt:AIPromptInformation"] == character * min(length, 10_000)
    for file_format in WITH_PACKET:
        file = imaging.render_variant(
            image, lambda: imaging.VariantSource(ORIGINAL), Variant(format=file_format)
        )
        assert xmp_readers.read_properties(file) == properties


def test_an_svg_file_states_the_provenance() -> None:
    """Its metadata has the packet of the image, without what marks packets in other files."""
    image = cut(replace(PROVENANCE, prompt="A fox & an <owl>\r\n🦊"))
    source, variant = imaging.VariantSource(ORIGINAL), Variant(format="svg")
    file = imaging.render_variant(image, lambda: source, variant)
    assert xmp_readers.read_svg_properties(file) == xmp_readers.read_properties(image)


def chunk(name: bytes, content: bytes, length: int | None = None) -> bytes:
    """Return a chunk of a PNG, whose length may be wrong."""
    return struct.pack(">I", len(content) if length is None else length) + name + content + b"CRC "


KEYWORD = b"XML:com.adobe.xmp\0\0\0\0\0"


@each_row(
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
def test_other_chunks_are_no_packet(file: bytes) -> None:
    """Files without a packet, truncated, with a wrong length or too large a one give none."""
    assert read_packet(file) == b""


STORED = cut()


@given(data=st.data())
def test_reading_a_damaged_file_never_fails(data: st.DataObject) -> None:
    """Reading a packet never fails, and never returns more than a JPEG has room for."""
    file = bytearray(STORED)
    for _ in range(data.draw(st.integers(0, 4))):
        file[data.draw(st.integers(0, 1500))] = data.draw(st.integers(0, 255))
    assert len(read_packet(bytes(file[: data.draw(st.integers(0, len(file)))]))) <= 60_000
