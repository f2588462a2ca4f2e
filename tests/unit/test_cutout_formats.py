"""Each way of writing the same picture gives the same cutout."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.flag import PLACES, RED, SIDE, alpha_flag, cut, flag, sixteen
from tests.pictures import encoded
from tests.profiles import in_srgb, wide_gamut


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
COLOURED = {
    "16 bits": (sixteen(RGB), 0),
    "palette": (encoded(flag().quantize(256)), 2),
    "interlaced": (interlaced(RGB), 0),
    "jpeg": (encoded(flag(), "JPEG", quality=95, subsampling=0), 3),
    "cmyk jpeg": (encoded(flag().convert("CMYK"), "JPEG", quality=95), 4),
    "lossless webp": (encoded(flag(), "WEBP", lossless=True), 0),
    "lossy webp": (encoded(flag(), "WEBP", quality=95), 6),
    "extended webp": (encoded(flag(), "WEBP", lossless=True, exif=Image.Exif().tobytes()), 0),
}


@pytest.mark.parametrize("name", COLOURED)
def test_colours_and_shape_do_not_depend_on_the_format(name: str) -> None:
    """16 bits, palette, interlaced, CMYK and both kinds of WEBP look like the plain PNG."""
    data, tolerance = COLOURED[name]
    found, expected = cut(data), cut(PLAIN)
    for colour, place in PLACES.items():
        assert np.abs(found[place] - (*colour, 255)).max() <= tolerance
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
def test_grey_pictures_are_cut_in_grey(name: str) -> None:
    """One channel becomes three equal ones, with the shape of the coloured picture."""
    found = cut(GREYS[name])
    assert np.ptp(found[..., :3], axis=2).max() == 0
    assert np.abs(found - cut(PLAIN))[..., 3].mean() <= 0.6
    level = 0 if name == "black and white" else int(GREY[200, 140])
    assert abs(int(found[PLACES[RED]][0]) - level) <= 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_set_upright(kind: str, orientation: int) -> None:
    """The camera's note on how a picture was held is obeyed, in all eight ways."""
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
def test_colours_are_converted_from_their_profile(name: str) -> None:
    """Numbers that mean wide-gamut colours are turned into the sRGB numbers of these colours."""
    found = cut(WIDE[name])
    for colour, place in PLACES.items():
        expected = in_srgb(colour)
        assert np.abs(expected - colour).max() > 8
        assert np.abs(found[place][:3] - expected).max() <= 4


def test_a_broken_profile_is_ignored() -> None:
    """A profile that makes no sense leaves the colours as they are."""
    found = cut(encoded(flag(), icc_profile=b"no profile" * 20))
    assert found[PLACES[RED]].tolist() == [*RED, 255]
