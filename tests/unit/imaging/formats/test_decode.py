"""Every encoding of the same image gives the same cutout."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support.images.color_profiles import encode_srgb, in_srgb, linear_gray, wide_gamut
from tests.support.images.flag_images import (
    PLACES,
    RED,
    RGB,
    SIDE,
    alpha_flag,
    cut,
    encode_16_bits,
    encode_interlaced,
    flag,
)
from tests.support.images.sample_images import encoded
from tests.support.tables import each_row


def difference(found: NDArray[np.int64], expected: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how much two images differ over black."""
    composites = [rgba * rgba[..., 3:] // 255 for rgba in (found, expected)]
    return np.asarray(np.abs(composites[0] - composites[1]).max(axis=2))


PLAIN = encoded(flag())
COLORED = {
    "16 bits": (encode_16_bits(RGB), 0),
    "palette": (encoded(flag().quantize(256)), 2),
    "interlaced": (encode_interlaced(RGB), 0),
    "jpeg": (encoded(flag(), "JPEG", quality=95, subsampling=0), 3),
    "cmyk jpeg": (encoded(flag().convert("CMYK"), "JPEG", quality=95), 4),
    "lossless webp": (encoded(flag(), "WEBP", lossless=True), 0),
    "lossy webp": (encoded(flag(), "WEBP", quality=95), 6),
    "extended webp": (encoded(flag(), "WEBP", lossless=True, exif=Image.Exif().tobytes()), 0),
}


@each_row("name", COLORED)
def test_colors_and_shape_do_not_depend_on_the_format(name: str) -> None:
    """16 bits, palette, interlaced, CMYK and both kinds of WEBP look like the plain PNG."""
    data, tolerance = COLORED[name]
    found, expected = cut(data), cut(PLAIN)
    for color, place in PLACES.items():
        assert np.abs(found[place] - (*color, 255)).max() <= tolerance
    assert difference(found, expected).mean() <= tolerance / 8
    assert np.abs(found - expected)[..., 3].mean() <= tolerance / 8


GRAY = np.asarray(flag().convert("L"))
GRAYS = {
    "gray": encoded(flag().convert("L")),
    "gray, 16 bits": encode_16_bits(GRAY),
    "gray jpeg": encoded(flag().convert("L"), "JPEG", quality=95),
    "black and white": encoded(flag().convert("L").point(lambda v: 255 * (v > 200), "1")),
}


@pytest.mark.parametrize("name", GRAYS)
def test_gray_images_stay_gray(name: str) -> None:
    """One channel becomes three equal ones, with the shape of the colored image."""
    found = cut(GRAYS[name])
    assert np.ptp(found[..., :3], axis=2).max() == 0
    assert np.abs(found - cut(PLAIN))[..., 3].mean() <= 0.6
    level = 0 if name == "black and white" else int(GRAY[200, 140])
    assert abs(int(found[PLACES[RED]][0]) - level) <= 2


@each_row("kind", ["JPEG", "PNG", "WEBP"])
@each_row("orientation", range(1, 9))
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    """All eight orientations of the Exif tag give an upright image."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    upright = flag().crop((0, 0, SIDE, 440))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    options: dict[str, Any] = {"quality": 95} if kind == "JPEG" else {"lossless": True}
    found = cut(encoded(stored, kind, exif=exif, **options))
    assert difference(found, cut(encoded(upright))).mean() <= (1 if kind == "JPEG" else 0)


WIDE = {
    "png": encoded(flag(), icc_profile=wide_gamut()),
    "palette": encoded(flag().quantize(256), icc_profile=wide_gamut()),
    "jpeg": encoded(flag(), "JPEG", quality=95, subsampling=0, icc_profile=wide_gamut()),
    "webp": encoded(flag(), "WEBP", lossless=True, icc_profile=wide_gamut()),
    "alpha": encoded(alpha_flag(), icc_profile=wide_gamut()),
}


@pytest.mark.parametrize("name", WIDE)
def test_colors_are_converted_from_their_profile(name: str) -> None:
    """Wide-gamut colors are converted to sRGB by the embedded profile."""
    found = cut(WIDE[name])
    for color, place in PLACES.items():
        expected = in_srgb(color)
        assert np.abs(expected - color).max() > 8
        assert np.abs(found[place][:3] - expected).max() <= 4


@pytest.mark.parametrize("deep", [False, True])
def test_gray_is_converted_from_its_profile(deep: bool) -> None:
    """Linear gray levels become the lighter sRGB levels, with 8 bits and with 16."""
    image = Image.open(io.BytesIO(encode_16_bits(GRAY))) if deep else flag().convert("L")
    found = cut(encoded(image, icc_profile=linear_gray()))[PLACES[RED]][0]
    expected = encode_srgb(np.array(GRAY[200, 140] / 255))
    assert expected - GRAY[200, 140] > 40
    assert abs(found - expected) <= 2


def test_a_broken_profile_is_ignored() -> None:
    """An invalid profile leaves the colors unchanged."""
    found = cut(encoded(flag(), icc_profile=b"no profile" * 20))
    assert found[PLACES[RED]].tolist() == [*RED, 255]
