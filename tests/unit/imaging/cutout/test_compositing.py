"""How exact the edge between subject and background is, held against the truth."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from app import imaging
from tests.support.images.sample_images import encoded, over, pixels

MAGENTA = np.array([255.0, 0.0, 255.0])
FULL = 1024
_FINE = 4  # the truth is drawn so many times larger, and averaged


def cut(drawn: Image.Image) -> NDArray[np.int64]:
    """Cut out and return the pixels of the result."""
    return pixels(imaging.cutout(encoded(drawn)).png)


def truth(blur: float, color: str) -> tuple[Image.Image, NDArray[np.float64], NDArray[np.float64]]:
    """Return a shape composited on white, and its true alpha and color x alpha at 256 px."""
    mask = Image.new("L", (FULL * _FINE, FULL * _FINE))
    pen = ImageDraw.Draw(mask)
    pen.ellipse([_FINE * v for v in (180, 240, 700, 820)], fill=255)
    pen.polygon([_FINE * v for v in (500, 500, 880, 300, 800, 780)], fill=255)
    mask = mask.reduce(_FINE).filter(ImageFilter.GaussianBlur(blur))
    alpha = np.asarray(mask)[..., None] / 255
    y, x = np.mgrid[0:FULL, 0:FULL][..., None] / FULL
    tints = {
        "smooth": np.array([180, 30, 60]) * x + np.array([20, 90, 150]) * y,
        "dark": np.full((FULL, FULL, 3), 30.0) + 20 * x,
    }
    paint = tints[color] * np.ones(3)
    drawn = np.rint(paint * alpha + 255 * (1 - alpha)).astype(np.uint8)
    small = [a.reshape(256, 4, 256, 4, -1).mean(axis=(1, 3)) for a in (alpha, paint * alpha)]
    return Image.fromarray(drawn), small[0], small[1]


@pytest.mark.parametrize("blur", [0, 1.5])
@pytest.mark.parametrize("color", ["smooth", "dark"])
def test_the_edge_is_exact(blur: float, color: str) -> None:
    """Over magenta the cutout looks like the truth, 40 dB or better, with hard and soft edges."""
    drawn, alpha, paint = truth(blur, color)
    found = cut(drawn)
    share = found[..., 3:] / 255
    error = (found[..., :3] * share + MAGENTA * (1 - share)) - (paint + MAGENTA * (1 - alpha))
    assert 10 * np.log10(255**2 / np.mean(error**2)) >= 40


@pytest.mark.parametrize("blur", [0, 1.5])
def test_no_halo_is_left_on_black(blur: float) -> None:
    """Over black no pixel along a dark subject's edge is clearly lighter than the truth."""
    drawn, _, paint = truth(blur, "dark")
    lighter = over(cut(drawn), 0) - paint
    assert lighter.max() <= 28
    assert np.maximum(lighter, 0).mean() <= 0.2


def test_shading_towards_the_rim_is_not_taken_for_transparency() -> None:
    """A ball that grows lighter towards a very soft edge stays as opaque there as it is."""
    y, x = np.mgrid[0:FULL, 0:FULL] - FULL / 2 + 0.5
    inside = 380 - np.hypot(x, y)
    alpha = np.clip(inside / 6 + 0.5, 0, 1)[..., None]
    paint = np.array([70.0, 60, 175]) + 2.0 * np.clip(40 - inside, 0, 46)[..., None] * [1, 1, 0]
    drawn = np.rint(paint * alpha + 255 * (1 - alpha)).astype(np.uint8)
    small = alpha.reshape(256, 4, 256, 4).mean(axis=(1, 3))
    found = cut(Image.fromarray(drawn))[..., 3] / 255
    edge = (small > 0.05) & (small < 0.95)
    assert np.abs(found - small)[edge].mean() <= 0.01
