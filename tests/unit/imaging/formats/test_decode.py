"""Each way of writing the same image gives the same cutout."""

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.imaging.formats import png_inflate
from tests.support.images.color_profiles import curved, in_srgb, linear_grey, wide_gamut
from tests.support.images.flag_images import PLACES, RED, SIDE, alpha_flag, cut, flag, sixteen
from tests.support.images.sample_images import encoded


def off(found: NDArray[np.int64], expected: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how far apart the two look over black."""
    seen = [rgba * rgba[..., 3:] // 255 for rgba in (found, expected)]
    return np.asarray(np.abs(seen[0] - seen[1]).max(axis=2))


PLAIN = encoded(flag())


def interlaced(values: NDArray[Any]) -> bytes:
    """Write an RGB PNG in the seven passes of Adam7."""
    raw = b""
    for x, y, step_x, step_y in (
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):  # fmt: skip
        raw += b"".join(b"\0" + row.tobytes() for row in values[y::step_y, x::step_x])
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 8, 2, 0, 0, 1)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


RGB = np.asarray(flag())
COLORED = {
    "16 bits": (sixteen(RGB), 0),
    "palette": (encoded(flag().quantize(256)), 2),
    "interlaced": (interlaced(RGB), 0),
    "jpeg": (encoded(flag(), "JPEG", quality=95, subsampling=0), 3),
    "cmyk jpeg": (encoded(flag().convert("CMYK"), "JPEG", quality=95), 4),
    "lossless webp": (encoded(flag(), "WEBP", lossless=True), 0),
    "lossy webp": (encoded(flag(), "WEBP", quality=95), 6),
    "extended webp": (encoded(flag(), "WEBP", lossless=True, exif=Image.Exif().tobytes()), 0),
}


@pytest.mark.parametrize("name", COLORED)
def test_colors_and_shape_do_not_depend_on_the_format(name: str) -> None:
    """16 bits, palette, interlaced, CMYK and both kinds of WEBP look like the plain PNG."""
    data, tolerance = COLORED[name]
    found, expected = cut(data), cut(PLAIN)
    for color, place in PLACES.items():
        assert np.abs(found[place] - (*color, 255)).max() <= tolerance
    assert off(found, expected).mean() <= tolerance / 8
    assert np.abs(found - expected)[..., 3].mean() <= tolerance / 8


GREY = np.asarray(flag().convert("L"))
GREYS = {
    "grey": encoded(flag().convert("L")),
    "grey, 16 bits": sixteen(GREY),
    "grey jpeg": encoded(flag().convert("L"), "JPEG", quality=95),
    "black and white": encoded(flag().convert("L").point(lambda v: 255 * (v > 200), "1")),
}


@pytest.mark.parametrize("name", GREYS)
def test_grey_images_are_cut_in_grey(name: str) -> None:
    """One channel becomes three equal ones, with the shape of the colored image."""
    found = cut(GREYS[name])
    assert np.ptp(found[..., :3], axis=2).max() == 0
    assert np.abs(found - cut(PLAIN))[..., 3].mean() <= 0.6
    level = 0 if name == "black and white" else int(GREY[200, 140])
    assert abs(int(found[PLACES[RED]][0]) - level) <= 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_image_is_set_upright(kind: str, orientation: int) -> None:
    """The camera's note on how an image was held is obeyed, in all eight ways."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    upright = flag().crop((0, 0, SIDE, 440))
    note = Image.Exif()
    note[0x0112] = orientation
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    options: dict[str, Any] = {"quality": 95} if kind == "JPEG" else {"lossless": True}
    found = cut(encoded(stored, kind, exif=note, **options))
    assert off(found, cut(encoded(upright))).mean() <= (1 if kind == "JPEG" else 0)


WIDE = {
    "png": encoded(flag(), icc_profile=wide_gamut()),
    "palette": encoded(flag().quantize(256), icc_profile=wide_gamut()),
    "jpeg": encoded(flag(), "JPEG", quality=95, subsampling=0, icc_profile=wide_gamut()),
    "webp": encoded(flag(), "WEBP", lossless=True, icc_profile=wide_gamut()),
    "alpha": encoded(alpha_flag(), icc_profile=wide_gamut()),
}


@pytest.mark.parametrize("name", WIDE)
def test_colors_are_converted_from_their_profile(name: str) -> None:
    """Numbers that mean wide-gamut colors are turned into the sRGB numbers of these colors."""
    found = cut(WIDE[name])
    for color, place in PLACES.items():
        expected = in_srgb(color)
        assert np.abs(expected - color).max() > 8
        assert np.abs(found[place][:3] - expected).max() <= 4


@pytest.mark.parametrize("deep", [False, True])
def test_grey_is_converted_from_its_profile(deep: bool) -> None:
    """Levels in proportion to the light become the lighter sRGB levels, 16 bits deep or 8."""
    kept = Image.open(io.BytesIO(sixteen(GREY))) if deep else flag().convert("L")
    found = cut(encoded(kept, icc_profile=linear_grey()))[PLACES[RED]][0]
    expected = curved(np.array(GREY[200, 140] / 255))
    assert expected - GREY[200, 140] > 40
    assert abs(found - expected) <= 2


def split(data: bytes, parts: int) -> bytes:
    """Write the same PNG with its pixels in so many IDAT chunks."""
    at, body = 33, b""
    while data[at + 4 : at + 8] != b"IEND":
        (length,) = struct.unpack(">I", data[at : at + 4])
        assert data[at + 4 : at + 8] == b"IDAT"
        body, at = body + data[at + 8 : at + 8 + length], at + 12 + length
    step = -(-len(body) // parts)
    pieces = (b"IDAT" + body[i : i + step] for i in range(0, len(body), step))
    return data[:33] + b"".join(
        struct.pack(">I", len(p) - 4) + p + struct.pack(">I", zlib.crc32(p)) for p in pieces
    ) + data[at:]  # fmt: skip


# One row is longer than 65535 bytes, pixels fill a block of that size exactly, or nearly none.
@pytest.mark.parametrize(
    "size", [(1, 1), (512, 512), (30000, 3), (1456, 15), (4368, 15), (109, 200)]
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_png_inflated_ahead_gives_the_decoder_the_same_pixels(
    size: tuple[int, int], mode: str
) -> None:
    """Stored pixels are those that the file has packed, however many chunks it has."""
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    plain = encoded(Image.fromarray(values).convert(mode))
    for data in (plain, split(plain, 3)):
        stored = png_inflate.with_stored_pixels(data)
        assert stored is not None
        found = cv2.imdecode(stored, cv2.IMREAD_UNCHANGED)
        usual = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert found is not None
        assert usual is not None
        assert np.array_equal(found, usual)


def test_only_whole_plain_pngs_are_inflated_ahead() -> None:
    """What is damaged, interlaced, deep or too large is left to the decoders."""
    damaged = bytearray(PLAIN)
    damaged[len(PLAIN) // 2] ^= 1
    longer = zlib.compress(bytes((SIDE * 3 + 1) * SIDE + 1))
    wrong = PLAIN[:33] + struct.pack(">I", len(longer)) + b"IDAT" + longer
    wrong += struct.pack(">I", zlib.crc32(b"IDAT" + longer)) + PLAIN[-12:]
    large = encoded(Image.new("L", (2000, 1501)))
    for data in (bytes(damaged), wrong, interlaced(RGB), sixteen(RGB), large):
        assert png_inflate.with_stored_pixels(data) is None


def test_a_broken_profile_is_ignored() -> None:
    """A profile that makes no sense leaves the colors as they are."""
    found = cut(encoded(flag(), icc_profile=b"no profile" * 20))
    assert found[PLACES[RED]].tolist() == [*RED, 255]
