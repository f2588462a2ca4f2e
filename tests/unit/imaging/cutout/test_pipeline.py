"""Existing transparency is only resized, and any size and shape is accepted."""

import numpy as np
import pytest
from PIL import Image

from app import imaging
from tests.support.images.color_profiles import wide_gamut
from tests.support.images.flag_images import (
    BLUE,
    PLACES,
    RED,
    alpha_flag,
    cut,
    encode_16_bits,
    flag,
)
from tests.support.images.sample_images import INK, choose, encoded, owl, pixels
from tests.support.tables import each_row


def test_a_transparent_palette_is_kept() -> None:
    """What a palette's tRNS makes transparent is transparent; other white areas are kept."""
    image = flag().quantize(8)
    white, blue = (int(np.asarray(image)[place]) for place in ((0, 0), (400, 300)))
    found = cut(encoded(image, transparency=white))
    assert found[0, 0, 3] == 0
    found = cut(encoded(image, transparency=blue))
    assert found[5, 5].tolist() == [255, 255, 255, 255]
    assert found[PLACES[BLUE]][3] == 0


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("profile", [None, wide_gamut()], ids=["plain", "profile"])
def test_a_transparent_color_is_kept(mode: str, profile: bytes | None) -> None:
    """A color that tRNS declares transparent is transparent in the result."""
    image = flag().convert(mode)
    key = RED if mode == "RGB" else image.getpixel((100, 150))
    found = cut(encoded(image, transparency=key, icc_profile=profile))
    assert found[PLACES[RED]][3] == 0
    assert found[5, 5].tolist() == [255, 255, 255, 255]


ALPHA = alpha_flag()
WITH_ALPHA = {
    "8 bits": (encoded(ALPHA), 1),
    "16 bits": (encode_16_bits(np.asarray(ALPHA)), 1),
    "gray": (encoded(ALPHA.convert("LA")), 1),
    "lossless webp": (encoded(ALPHA, "WEBP", lossless=True, exact=True), 1),
    "lossy webp": (encoded(ALPHA, "WEBP", quality=90, alpha_quality=100), 2),
    "profile": (encoded(ALPHA, icc_profile=wide_gamut()), 1),
    "gray, profile": (encoded(ALPHA.convert("LA"), icc_profile=wide_gamut()), 1),
}


@each_row("name", WITH_ALPHA)
def test_existing_alpha_is_kept(name: str) -> None:
    """An image with transparency keeps its own alpha, in every format that has any."""
    data, tolerance = WITH_ALPHA[name]
    expected = np.asarray(ALPHA.getchannel("A").reduce(2)).astype(int)
    assert np.abs(cut(data)[..., 3] - expected).max() <= tolerance


SHAPES = [(1, 1), (2, 3), (1, 300), (300, 1), (1, 4096), (4096, 1), (8_000_000, 1), (1, 2_000_000)]


@each_row("width, height", SHAPES)
def test_an_extreme_shape_gives_a_square(width: int, height: int) -> None:
    """A single pixel and lines of any length are fitted into the square like all others."""
    blank = imaging.cutout(encoded(Image.new("RGB", (width, height), "white")))
    assert not pixels(blank.png).any()
    assert blank.report.verdict == "bad"


@each_row("width, height", SHAPES[:-2])
def test_an_extreme_shape_keeps_its_alpha(width: int, height: int) -> None:
    """A semi-transparent line keeps its alpha and is at least one pixel thick."""
    found = pixels(imaging.cutout(encoded(Image.new("RGBA", (width, height), (*INK, 90)))).png)
    visible = found[found[..., 3] > 0]
    assert abs(visible - (*INK, 90)).max() <= 1
    sides = [max(1, round(256 * side / max(width, height))) for side in (width, height)]
    assert len(visible) == sides[0] * sides[1]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_largest_image_is_cut(kind: str) -> None:
    """3840x2160 pixels, in any format, are cut and centered like a small image."""
    large = owl(960, 540).resize((3840, 2160), Image.Resampling.NEAREST)
    options = {"compress_level": 1} if kind == "PNG" else {"quality": 90}
    found = pixels(imaging.cutout(encoded(large, kind, **options), options=choose("keep")).png)[
        ..., 3
    ]
    expected = pixels(imaging.cutout(encoded(owl(960, 540)), options=choose("keep")).png)[..., 3]
    assert abs(found - expected).mean() <= 0.5
