"""Uneven backgrounds are leveled; scenes and even backgrounds are not."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from app.imaging.cutout.large_cutout import cut_out_large
from app.imaging.cutout.options import CutoutOptions
from app.imaging.cutout.surface import level
from app.imaging.formats.header import read_file
from tests.support.images.sample_images import encoded, pixels

SIDE = 512
RED = (200, 60, 30)
Floats = NDArray[Any]


def vignette() -> Floats:
    """Return levels that darken by 40 towards the corners."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    return np.asarray(250 - 20 * (x**2 + y**2))


def gradient() -> Floats:
    """Return levels that darken by 45 from the upper left."""
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    return np.asarray(250 - 22.5 * (x + y))


def on(levels: Floats, subject: tuple[int, int, int] = RED) -> Image.Image:
    """Return a disc on a gray background of these levels, as wide as the lower border's half."""
    image = Image.fromarray(np.rint(levels).astype(np.uint8)).convert("RGB")
    ImageDraw.Draw(image).ellipse((130, 140, 380, 700), fill=subject)
    return image


@pytest.mark.parametrize("background", [vignette, gradient])
def test_an_uneven_background_is_cut(background: Any) -> None:
    """The background goes in all corners, and the subject keeps its exact color."""
    result = imaging.cutout(encoded(on(background())))
    found = pixels(result.png)
    assert (found[:, :50, 3] == 0).all()
    assert (found[:, -50:, 3] == 0).all()
    assert (found[120:250, 90:165, 3] == 255).all()
    assert np.abs(found[120:250, 90:165, :3] - RED).max() <= 1
    assert result.report.verdict != "bad"


def test_a_large_size_shows_the_same() -> None:
    """A larger cutout has the same background removed, and the same colors."""
    data = encoded(on(vignette()).resize((1024, 1024)))
    found = pixels(imaging.cutout(data, size=256).png)
    large = cut_out_large(read_file(data), size=1024, options=CutoutOptions())[0].astype(int)
    assert np.abs(found[..., 3] - large[2::4, 2::4, 3]).mean() < 2
    assert np.abs(large[500:900, 400:600, :3] - RED).max() <= 1


def test_an_even_background_is_left_alone() -> None:
    """Noise and a subject at the border are no reason to level."""
    noisy = 252 + np.random.default_rng(1).normal(0, 1, (SIDE, SIDE))
    image = np.asarray(on(np.clip(noisy, 0, 255)))[..., ::-1]
    assert level(np.ascontiguousarray(image), CutoutOptions()).offset is None


def test_a_stated_color_is_not_replaced() -> None:
    """What the caller states about the background is not measured."""
    image = np.ascontiguousarray(np.asarray(on(vignette()))[..., ::-1])
    assert level(image, CutoutOptions(background="#fafafa")).offset is None


def test_a_scene_is_kept_whole() -> None:
    """An image without a smooth background isn't cut."""
    scene = np.random.default_rng(2).integers(0, 255, (16, 16, 3)).astype(np.uint8)
    image = Image.fromarray(scene).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    result = imaging.cutout(encoded(image))
    assert result.report.verdict == "bad"
    assert (pixels(result.png)[..., 3] == 255).all()
