"""Each way of writing the same picture gives the same cutout."""

import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from tests.pictures import encoded, pixels
from tests.profiles import in_srgb, wide_gamut

SIDE = 512
RED, GREEN, BLUE = (200, 60, 60), (60, 160, 90), (70, 80, 190)
PLACES = {RED: (100, 70), GREEN: (100, 180), BLUE: (190, 128)}
"""Where in the cutout (row, column) each of these colours lies."""


def flag() -> Image.Image:
    """Draw three blocks of colour on white; no turn or mirror image of it is the same."""
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((80, 120, 255, 319), fill=RED)
    pen.rectangle((256, 120, 399, 319), fill=GREEN)
    pen.rectangle((160, 320, 399, 430), fill=BLUE)
    return picture


def cut(data: bytes, **options: Any) -> NDArray[np.int64]:
    """Cut out and return the pixels of the result."""
    return pixels(imaging.cutout(data, **options).png)


def off(found: NDArray[np.int64], expected: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how far apart the two look over black."""
    return np.abs(found * found[..., 3:] // 255 - expected * expected[..., 3:] // 255).max(axis=2)


PLAIN = encoded(flag())


def sixteen(values: NDArray[Any]) -> bytes:
    """Write an RGB, RGBA or grey picture with 16 bits a channel."""
    order = {2: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    code = order[2 if values.ndim == 2 else values.shape[2]]
    bgr = values if code is None else cv2.cvtColor(values, code)
    return cv2.imencode(".png", bgr.astype(np.uint16) * 257)[1].tobytes()


def keyed(picture: Image.Image, key: Any) -> bytes:
    """Write a picture in which one colour (or one entry of the palette) stands for nothing."""
    return encoded(picture, transparency=key)


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


def test_a_see_through_palette_is_passed_through() -> None:
    """What a palette's tRNS makes transparent is transparent; white that it does not, stays."""
    picture = flag().quantize(8)
    paper = picture.getpixel((0, 0))
    assert isinstance(paper, int)
    found = cut(keyed(picture, paper))
    assert found[0, 0, 3] == 0
    blue = picture.getpixel((300, 400))
    assert isinstance(blue, int)
    found = cut(keyed(picture, blue))
    assert found[5, 5].tolist() == [255, 255, 255, 255]
    assert found[PLACES[BLUE]][3] == 0


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("profile", [None, wide_gamut()], ids=["plain", "profile"])
def test_a_transparent_colour_is_passed_through(mode: str, profile: bytes | None) -> None:
    """A single colour that stands for nothing, as tRNS tells it, is transparent in the result."""
    picture = flag().convert(mode)
    key = RED if mode == "RGB" else picture.getpixel((100, 150))
    found = cut(encoded(picture, transparency=key, icc_profile=profile))
    assert found[PLACES[RED]][3] == 0
    assert found[5, 5].tolist() == [255, 255, 255, 255]


ALPHA = flag().convert("RGBA")
ALPHA.putalpha(Image.linear_gradient("L").resize((SIDE, SIDE)))
VALUES = np.asarray(ALPHA)
WITH_ALPHA = {
    "8 bits": (encoded(ALPHA), 1),
    "16 bits": (sixteen(VALUES), 1),
    "grey": (encoded(ALPHA.convert("LA")), 1),
    "lossless webp": (encoded(ALPHA, "WEBP", lossless=True, exact=True), 1),
    "lossy webp": (encoded(ALPHA, "WEBP", quality=90, alpha_quality=100), 2),
    "profile": (encoded(ALPHA, icc_profile=wide_gamut()), 1),
    "grey, profile": (encoded(ALPHA.convert("LA"), icc_profile=wide_gamut()), 1),
}


@pytest.mark.parametrize("name", WITH_ALPHA)
def test_existing_alpha_is_passed_through(name: str) -> None:
    """A picture with transparency keeps its own, in every format that has any."""
    data, tolerance = WITH_ALPHA[name]
    expected = np.asarray(ALPHA.getchannel("A").reduce(2)).astype(int)
    assert np.abs(cut(data)[..., 3] - expected).max() <= tolerance


def test_hidden_colours_do_not_bleed() -> None:
    """The colour under transparent pixels never shows, even where an edge is scaled down."""
    values = np.zeros((1000, 1000, 4), np.uint8)
    values[...] = (0, 255, 0, 0)
    values[:, :501] = (255, 0, 0, 255)
    values[:501, 501:900] = (255, 0, 0, 90)
    found = cut(encoded(Image.fromarray(values)))
    assert set(np.unique(found[..., 3])) > {0, 90, 255}
    assert found[found[..., 3] > 0][:, 1].max() == 0
    assert found[found[..., 3] > 0][:, 0].min() >= 250


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
    "alpha": encoded(ALPHA, icc_profile=wide_gamut()),
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
