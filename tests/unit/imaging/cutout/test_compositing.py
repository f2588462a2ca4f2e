"""The accuracy of edges, compared with the truth."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from app import imaging
from tests.support.images.sample_images import encoded, over, pixels

MAGENTA = np.array([255.0, 0.0, 255.0])
SIDE = 1024
_SCALE = 4  # the truth is rendered this much larger, and averaged


def cut(image: Image.Image) -> NDArray[np.int64]:
    """Return the pixels of the cutout."""
    return pixels(imaging.cutout(encoded(image)).png)


def render(blur: float, color: str) -> tuple[Image.Image, NDArray[np.float64], NDArray[np.float64]]:
    """Return a shape on white, and its true alpha and premultiplied color at 256 px."""
    mask = Image.new("L", (SIDE * _SCALE, SIDE * _SCALE))
    pen = ImageDraw.Draw(mask)
    pen.ellipse([_SCALE * v for v in (180, 240, 700, 820)], fill=255)
    pen.polygon([_SCALE * v for v in (500, 500, 880, 300, 800, 780)], fill=255)
    mask = mask.reduce(_SCALE).filter(ImageFilter.GaussianBlur(blur))
    alpha = np.asarray(mask)[..., None] / 255
    y, x = np.mgrid[0:SIDE, 0:SIDE][..., None] / SIDE
    colors = {
        "smooth": np.array([180, 30, 60]) * x + np.array([20, 90, 150]) * y,
        "dark": np.full((SIDE, SIDE, 3), 30.0) + 20 * x,
    }
    subject = colors[color] * np.ones(3)
    image = np.rint(subject * alpha + 255 * (1 - alpha)).astype(np.uint8)
    small = [a.reshape(256, 4, 256, 4, -1).mean(axis=(1, 3)) for a in (alpha, subject * alpha)]
    return Image.fromarray(image), small[0], small[1]


@pytest.mark.parametrize("blur", [0, 1.5])
@pytest.mark.parametrize("color", ["smooth", "dark"])
def test_the_edge_is_exact(blur: float, color: str) -> None:
    """Over magenta the PSNR against the truth is at least 40 dB, for hard and soft edges."""
    image, alpha, subject = render(blur, color)
    found = cut(image)
    a = found[..., 3:] / 255
    error = (found[..., :3] * a + MAGENTA * (1 - a)) - (subject + MAGENTA * (1 - alpha))
    assert 10 * np.log10(255**2 / np.mean(error**2)) >= 40


@pytest.mark.parametrize("blur", [0, 1.5])
def test_no_halo_is_left_on_black(blur: float) -> None:
    """Over black no pixel along a dark subject's edge is clearly lighter than the truth."""
    image, _, subject = render(blur, "dark")
    lighter = over(cut(image), 0) - subject
    assert lighter.max() <= 28
    assert np.maximum(lighter, 0).mean() <= 0.2


def test_shading_towards_the_edge_does_not_become_transparent() -> None:
    """A ball that grows lighter towards a very soft edge keeps its true alpha."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2 + 0.5
    depth = 380 - np.hypot(x, y)
    alpha = np.clip(depth / 6 + 0.5, 0, 1)[..., None]
    subject = np.array([70.0, 60, 175]) + 2.0 * np.clip(40 - depth, 0, 46)[..., None] * [1, 1, 0]
    image = np.rint(subject * alpha + 255 * (1 - alpha)).astype(np.uint8)
    truth = alpha.reshape(256, 4, 256, 4).mean(axis=(1, 3))
    found = cut(Image.fromarray(image))[..., 3] / 255
    edge = (truth > 0.05) & (truth < 0.95)
    assert np.abs(found - truth)[edge].mean() <= 0.01


def test_hidden_colors_do_not_bleed() -> None:
    """The color below transparent pixels never shows, not even where an edge is scaled down."""
    values = np.zeros((1000, 1000, 4), np.uint8)
    values[...] = (0, 255, 0, 0)
    values[:, :501] = (255, 0, 0, 255)
    values[:501, 501:900] = (255, 0, 0, 90)
    found = cut(Image.fromarray(values))
    assert set(np.unique(found[..., 3])) > {0, 90, 255}
    assert found[found[..., 3] > 0][:, 1].max() == 0
    assert found[found[..., 3] > 0][:, 0].min() >= 250
