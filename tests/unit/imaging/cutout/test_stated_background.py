"""Backgrounds whose color or tolerance the caller states."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from app.imaging import CutoutOptions
from app.imaging.cutout.large_cutout import cut_out_large
from app.imaging.formats.header import read_file
from tests.support.images.sample_images import INK, encoded, owl, pixels
from tests.support.tables import each_row

BLUE, PALE, SIDES = (30, 60, 200), (247, 247, 247), (256, 512)


def cut(image: Image.Image, size: int, options: CutoutOptions) -> NDArray[np.int64]:
    """Cut out at any size."""
    if size == 256:
        return pixels(imaging.cutout(encoded(image), options=options).png)
    return np.asarray(
        cut_out_large(read_file(encoded(image)), size=size, options=options)[0], np.int64
    )


def wide_subject() -> Image.Image:
    """Return a blue bar over three quarters of the border, on near-white."""
    canvas = Image.new("RGB", (512, 512), (254, 254, 254))
    ImageDraw.Draw(canvas).rectangle((0, 0, 511, 383), fill=BLUE)
    return canvas


def pale_disc() -> Image.Image:
    """Return a dark disc beside a pale one, on white."""
    canvas = Image.new("RGB", (512, 512), "white")
    pen = ImageDraw.Draw(canvas)
    pen.ellipse((40, 160, 230, 350), fill=INK)
    pen.ellipse((282, 160, 472, 350), fill=PALE)
    return canvas


@pytest.mark.parametrize("size", SIDES)
def test_a_stated_color_is_cut_wherever_the_border_shows_it(size: int) -> None:
    """A subject that covers most of the border is not taken for the background then."""
    measured = cut(wide_subject(), size, CutoutOptions())
    stated = cut(wide_subject(), size, CutoutOptions(background="#ffffff"))
    above, below = (size // 4, size // 2), (size * 7 // 8, size // 2)
    assert (measured[above][3], measured[below][3]) == (0, 255)
    assert (stated[above].tolist(), stated[below][3]) == ([*BLUE, 255], 0)


@pytest.mark.parametrize("color", ["#ffffff", "#fcfefa"])
def test_a_stated_color_may_be_slightly_wrong(color: str) -> None:
    """The exact color is measured near the stated one, so the result is that of measuring."""
    measured = imaging.cutout(encoded(owl()))
    stated = imaging.cutout(encoded(owl()), options=CutoutOptions(background=color))
    assert stated.png == measured.png
    assert stated.report == measured.report


def test_a_color_that_the_border_lacks_is_taken_as_stated() -> None:
    """Nothing that is connected with the border is cut then."""
    result = imaging.cutout(encoded(owl()), options=CutoutOptions(background="#00ff00"))
    assert (pixels(result.png)[..., 3] == 255).all()
    assert result.report.background == "#00ff00"


def test_an_image_without_a_plain_background_can_be_cut() -> None:
    """It is kept whole by itself, and cut if the color is stated."""
    image, random = Image.new("RGB", (512, 512), "#c0d8f0"), np.random.default_rng(3)
    for left, top, right, bottom in ((0, 40, 60, 512), (452, 40, 512, 512), (60, 452, 452, 512)):
        noise = random.integers(0, 256, (bottom - top, right - left, 3), np.uint8)
        image.paste(Image.fromarray(noise), (left, top))
    whole = imaging.cutout(encoded(image)).report
    stated = imaging.cutout(encoded(image), options=CutoutOptions(background="#c0d8f0")).report
    assert (whole.coverage, whole.verdict) == (1.0, "bad")
    assert stated.coverage < 0.9


@each_row("size", SIDES)
@each_row("tolerance, alpha", [(None, 255), (4, 255), (12, 0)])
def test_a_stated_tolerance_decides_about_pale_parts(
    size: int, tolerance: int | None, alpha: int
) -> None:
    """Parts within the tolerance are background, and those beyond it are subject."""
    found = cut(pale_disc(), size, CutoutOptions(tolerance=tolerance))
    assert found[size // 2, size * 3 // 4][3] == alpha
    assert found[size // 2, size // 4].tolist() == [*INK, 255]
