"""Transparency that an image comes with is trusted: it is only resize."""

import numpy as np
import pytest
from PIL import Image

from tests.support.images.color_profiles import wide_gamut
from tests.support.images.flag_images import BLUE, PLACES, RED, alpha_flag, cut, flag, sixteen
from tests.support.images.sample_images import encoded


def test_a_see_through_palette_is_passed_through() -> None:
    """What a palette's tRNS makes transparent is transparent; white that it does not, stays."""
    image = flag().quantize(8)
    paper, blue = (int(np.asarray(image)[place]) for place in ((0, 0), (400, 300)))
    found = cut(encoded(image, transparency=paper))
    assert found[0, 0, 3] == 0
    found = cut(encoded(image, transparency=blue))
    assert found[5, 5].tolist() == [255, 255, 255, 255]
    assert found[PLACES[BLUE]][3] == 0


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("profile", [None, wide_gamut()], ids=["plain", "profile"])
def test_a_transparent_color_is_passed_through(mode: str, profile: bytes | None) -> None:
    """A single color that stands for nothing, as tRNS tells it, is transparent in the result."""
    image = flag().convert(mode)
    key = RED if mode == "RGB" else image.getpixel((100, 150))
    found = cut(encoded(image, transparency=key, icc_profile=profile))
    assert found[PLACES[RED]][3] == 0
    assert found[5, 5].tolist() == [255, 255, 255, 255]


ALPHA = alpha_flag()
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
    """An image with transparency keeps its own, in every format that has any."""
    data, tolerance = WITH_ALPHA[name]
    expected = np.asarray(ALPHA.getchannel("A").reduce(2)).astype(int)
    assert np.abs(cut(data)[..., 3] - expected).max() <= tolerance


def test_hidden_colors_do_not_bleed() -> None:
    """The color under transparent pixels never shows, even where an edge is scaled down."""
    values = np.zeros((1000, 1000, 4), np.uint8)
    values[...] = (0, 255, 0, 0)
    values[:, :501] = (255, 0, 0, 255)
    values[:501, 501:900] = (255, 0, 0, 90)
    found = cut(encoded(Image.fromarray(values)))
    assert set(np.unique(found[..., 3])) > {0, 90, 255}
    assert found[found[..., 3] > 0][:, 1].max() == 0
    assert found[found[..., 3] > 0][:, 0].min() >= 250
