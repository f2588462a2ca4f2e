"""Shadows are background; holes are cut, and white parts of the subject are kept."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from app import imaging
from app.imaging import HoleChoice
from app.imaging.cutout.background import estimate_background
from app.imaging.cutout.compositing import resize
from app.imaging.cutout.options import CutoutOptions
from tests.support.images.doubtful_cutouts import disc
from tests.support.images.sample_images import choose, encoded, owl, pixels

SUBJECT = (200, 60, 30)
SIDE = 1024


def cut(image: Image.Image, **options: Any) -> NDArray[np.int64]:
    """Return the pixels of the cutout."""
    return pixels(imaging.cutout(encoded(image), **options).png)


def report_of(image: Image.Image, **options: Any) -> imaging.CutoutReport:
    """Return the report of the cutout."""
    return imaging.cutout(encoded(image), **options).report


def shadowed() -> Image.Image:
    """Return a disc with a soft shadow below it, on white."""
    shadow = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(shadow).ellipse((260, 640, 800, 840), fill=110)
    canvas = Image.new("RGB", (SIDE, SIDE), "white")
    canvas.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(40)))
    ImageDraw.Draw(canvas).ellipse((300, 200, 724, 700), fill=SUBJECT)
    return canvas


def test_a_soft_shadow_is_background() -> None:
    """A drop shadow is removed, and the subject above it stays whole."""
    alpha = cut(shadowed())[..., 3]
    mask = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(mask).ellipse((300, 200, 724, 700), fill=255)
    truth = np.asarray(mask.reduce(4)).astype(int)
    assert alpha[truth == 0].mean() <= 1
    assert alpha[truth == 255].min() >= 240
    assert report_of(shadowed()).shadow
    assert not report_of(disc()).shadow


def ring() -> Image.Image:
    """Return a doughnut seen from above."""
    canvas = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(canvas)
    pen.ellipse((200, 200, 824, 824), fill=(200, 120, 60))
    pen.ellipse((420, 420, 604, 604), fill="white")
    return canvas


def test_a_hole_in_a_noisy_background_has_no_rim_of_background() -> None:
    """Where only edges count, the opacity along a hole is as right as along the outline."""
    noise = 4 * np.random.default_rng(3).standard_normal((SIDE, SIDE, 3))
    levels = np.asarray(ring()).astype(np.float64) * (246 / 255) + noise
    image = Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
    assert not estimate_background(resize(np.asarray(image), 512, 512)).is_clean
    alpha = cut(image, options=CutoutOptions(holes=HoleChoice("cut")))[..., 3]
    hole, solid = (Image.new("L", (SIDE, SIDE)) for _ in range(2))
    ImageDraw.Draw(hole).ellipse((424, 424, 600, 600), fill=255)
    ImageDraw.Draw(solid).ellipse((204, 204, 820, 820), fill=255)
    ImageDraw.Draw(solid).ellipse((416, 416, 608, 608), fill=0)
    inside, painted = (np.asarray(mask.reduce(4)) == 255 for mask in (hole, solid))
    assert alpha[inside].max() <= 24
    assert alpha[painted].min() >= 232


@pytest.mark.parametrize(
    ("holes", "alpha", "counts"), [("auto", 0, (0, 1)), ("cut", 0, (0, 1)), ("keep", 255, (1, 0))]
)
def test_the_hole_of_a_ring(holes: str, alpha: int, counts: tuple[int, int]) -> None:
    """A ring's hole is cut by default, kept on request, and counted in both cases."""
    assert cut(ring(), options=choose(holes))[128, 128, 3] == alpha
    report = report_of(ring(), options=choose(holes))
    assert (report.holes_kept, report.holes_cut) == counts


@pytest.mark.parametrize(
    ("holes", "alpha", "counts"),
    [("auto", 255, (2, 0)), ("cut", 0, (0, 2)), ("keep", 255, (2, 0))],
)
def test_white_eyes(holes: str, alpha: int, counts: tuple[int, int]) -> None:
    """Enclosed white parts are kept by default, cut on request, and counted in both cases."""
    found = cut(owl(), options=choose(holes))
    assert found[96, 96, 3] == found[96, 159, 3] == alpha
    report = report_of(owl(), options=choose(holes))
    assert (report.holes_kept, report.holes_cut) == counts


def test_an_enclosed_area_of_another_color_is_kept() -> None:
    """An area two levels off the background's color is subject, even if shaped like a hole."""
    image = ring()
    ImageDraw.floodfill(image, (512, 512), (253, 253, 253))
    assert cut(image)[128, 128].tolist() == [253, 253, 253, 255]
