"""Transparent colors and gamma of a PNG, as its specification defines them."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app import imaging
from app.imaging import CutoutOptions, Variant, VariantSource
from app.imaging.formats.decode import decode
from app.imaging.formats.header import read_file
from tests.support.images.color_profiles import wide_gamut
from tests.support.images.dirty_files import chunk, raw_png
from tests.support.images.flag_images import flag
from tests.support.images.sample_images import encoded
from tests.support.tables import each_row

LINES = {  # the levels 0 to 3 of their depth, from left to right
    1: b"\x50",
    2: b"\x1b",
    4: b"\x01\x23",
    8: b"\x00\x01\x02\x03",
    16: b"\x00\x00\x00\x01\x00\x02\x00\x03",
}


def pixels(data: bytes) -> NDArray[Any]:
    """Return what the cutout gets to see."""
    return decode(read_file(data))


def gray(depth: int, before: bytes) -> bytes:
    """Return a line of four gray pixels: 0, 1, 2, 3; with one bit 0, 1, 0, 1."""
    return raw_png([LINES[depth]], width=4, depth=depth, color_type=0, before=before)


@each_row("depth", LINES)
@each_row("level", [0, 1])
def test_the_transparent_level_of_gray_is_kept(depth: int, level: int) -> None:
    """One level of gray is transparent, at each depth; its neighbors are opaque."""
    found = pixels(gray(depth, chunk(b"tRNS", struct.pack(">H", level))))
    expected = [0 if (i % 2 if depth == 1 else i) == level else 255 for i in range(4)]
    assert found[0, :, 3].tolist() == expected
    levels = [(i % 2 if depth == 1 else i) * 255 / (2**depth - 1) for i in range(4)]
    assert found[0, :, 0].tolist() == [round(value) for value in levels]


def test_the_unused_bits_of_a_transparent_level_are_ignored() -> None:
    """Only as many bits count as a level has."""
    assert pixels(gray(4, chunk(b"tRNS", b"\xab\xc2")))[0, :, 3].tolist() == [255, 255, 0, 255]


@pytest.mark.parametrize("depth", [8, 16])
def test_the_transparent_color_is_kept(depth: int) -> None:
    """Exactly one color is transparent; colors that differ in the last bit are opaque."""
    values = np.array([[1, 2, 3], [1, 2, 4], [3, 2, 1]], ">u2" if depth == 16 else np.uint8)
    trns = chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    file = raw_png([values.tobytes()], width=3, depth=depth, color_type=2, before=trns)
    assert pixels(file)[0, :, 3].tolist() == [0, 255, 255]


def test_a_palette_has_an_alpha_for_each_color() -> None:
    """Colors without an alpha are opaque, and indexes without a color are black."""
    before = chunk(b"PLTE", bytes((9, 8, 7, 200, 100, 50))) + chunk(b"tRNS", b"\x40")
    file = raw_png([LINES[2]], width=4, depth=2, color_type=3, before=before)
    expected = [[7, 8, 9, 64], [50, 100, 200, 255], [0, 0, 0, 255], [0, 0, 0, 255]]
    assert pixels(file)[0].tolist() == expected


@pytest.mark.parametrize("trns", [b"", b"\0", b"\0\1\0"])
def test_a_truncated_transparent_color_is_ignored(trns: bytes) -> None:
    """A chunk that has too few bytes makes nothing transparent."""
    file = raw_png([bytes(6)], width=2, depth=8, color_type=2, before=chunk(b"tRNS", trns))
    assert pixels(file).shape == (1, 2, 3)


def gamma(value: int) -> bytes:
    """Return a chunk that states a gamma in parts of 100 000."""
    return chunk(b"gAMA", struct.pack(">I", value))


@each_row("value", [100_000, 55_556, 35_000, 70_000, 250_000, 30_000])
@each_row("depth", [8, 16])
def test_gamma_is_applied(value: int, depth: int) -> None:
    """Levels are converted to the gamma of sRGB, 1/2.2; alpha is not."""
    levels = np.array([0, 1, 30, 100, 128, 200, 254, 255])
    stored = np.stack((levels, levels, levels, levels), axis=1) * (257 if depth == 16 else 1)
    lines = [stored.astype(">u2" if depth == 16 else np.uint8).tobytes()]
    found = pixels(raw_png(lines, width=8, depth=depth, color_type=6, before=gamma(value)))
    expected = np.round(255 * (levels / 255) ** (100_000 / value / 2.2))
    assert found[0, :, 1].tolist() == expected.tolist()
    assert found[0, :, 3].tolist() == levels.tolist()


def test_gamma_is_applied_to_a_palette() -> None:
    """The colors of a palette are converted, its alpha is not."""
    before = gamma(100_000) + chunk(b"PLTE", bytes((100,) * 3)) + chunk(b"tRNS", b"\x64")
    file = raw_png([b"\0"], width=1, depth=8, color_type=3, before=before)
    level = round(255 * (100 / 255) ** (1 / 2.2))
    assert pixels(file)[0, 0].tolist() == [level, level, level, 100]


OTHER = {
    "sRGB": chunk(b"sRGB", b"\0"),
    "a profile": chunk(b"iCCP", b"x\0\0broken"),
    "the gamma of sRGB": gamma(45_455),
    "nearly the gamma of sRGB": gamma(47_000),
    "a gamma of 0": gamma(0),
    "a tiny gamma": gamma(1),
    "a huge gamma": gamma(2**31),
    "a truncated gamma": chunk(b"gAMA", b"\1"),
    "an empty gamma": chunk(b"gAMA", b""),
}


@each_row("name", OTHER)
def test_gamma_is_ignored_beside_a_color_space(name: str) -> None:
    """Beside sRGB or a profile, and if it is that of sRGB, gamma changes nothing."""
    before = OTHER[name] if "gamma" in name else OTHER[name] + gamma(100_000)
    assert pixels(gray(8, before))[0, :, 0].tolist() == [0, 1, 2, 3]


def test_a_profile_counts_although_there_is_a_gamma() -> None:
    """A file with both is converted by its profile alone."""
    data = encoded(flag(), icc_profile=wide_gamut())
    both = data[:33] + gamma(100_000) + data[33:]
    assert np.array_equal(pixels(both), pixels(data))


def in_all_paths(data: bytes) -> list[NDArray[Any]]:
    """Return what each use of an original makes of it: cutout, preview, large, with holes."""
    png = imaging.cutout(data).png
    source = VariantSource(data)
    variants = (
        Variant(width=512, height=512, format="png"),
        Variant(width=256, height=256, format="png", holes=imaging.HoleChoice.parse("keep")),
    )
    files = [png, imaging.preview(data, options=CutoutOptions())]
    files += [imaging.render_variant(png, lambda: source, variant) for variant in variants]
    return [np.asarray(Image.open(io.BytesIO(file)).convert("RGBA")) for file in files]


XMP = (
    b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://"
    b"www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:tiff='http://ns.adobe.com/tiff"
    b"/1.0/' tiff:Orientation='6'/></rdf:RDF></x:xmpmeta>"
)
EXIF = b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\1\0\0\0\0\0\0"
METADATA = {
    "XMP": chunk(b"iTXt", XMP),
    "XMP beside Exif": chunk(b"iTXt", XMP) + chunk(b"eXIf", EXIF),
    "XMP beside a profile": chunk(b"iTXt", XMP) + chunk(b"iCCP", b"x\0\0broken"),
    "XMP beside an animation": chunk(b"iTXt", XMP) + chunk(b"acTL", bytes(8)),
    "a profile of ImageMagick": chunk(
        b"tEXt", b"Raw profile type exif\0\nexif\n26\n" + EXIF.hex().encode()
    ),
}


@pytest.mark.parametrize("name", METADATA)
def test_an_orientation_in_text_is_ignored_on_every_path(name: str) -> None:
    """Cutout, preview, large and hole variants show the image as stored."""
    plain = encoded(flag())
    data = plain[:33] + METADATA[name] + plain[33:]
    for found, expected in zip(in_all_paths(data), in_all_paths(plain), strict=True):
        assert np.array_equal(found, expected)
