"""A dark, flat shadow that the subject stands in goes; gray parts of the subject stay."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from app.imaging.cutout.background import color_distance, estimate_background
from app.imaging.cutout.shadows import find_dark_shadow
from tests.support.images.sample_images import encoded, pixels
from tests.support.tables import each_row

RED = (200, 60, 30)
GRAY = (190, 190, 190)
_SHADOW = (260, 840, 780, 920)


def figure(
    area: tuple[int, int, int, int] = _SHADOW,
    *,
    shape: str = "ellipse",
    gray: tuple[int, int, int] = GRAY,
    feet: int = 890,
    outline: bool = False,
    patch: bool = False,
) -> Image.Image:
    """Return a figure with two feet, and behind it a gray shape in this box."""
    canvas = Image.new("RGB", (1024, 1024), "white")
    pen = ImageDraw.Draw(canvas)
    draw = pen.ellipse if shape == "ellipse" else pen.rectangle
    draw(area, fill=gray, outline=(60, 30, 20) if outline else None, width=10)
    pen.ellipse((300, 200, 740, 760), fill=RED)
    pen.rectangle((360, 600, 460, feet), fill=RED)
    pen.rectangle((560, 600, 660, feet), fill=RED)
    if patch:
        pen.rectangle((440, 400, 600, 560), fill=gray)
    return canvas


def find_in(image: Image.Image) -> NDArray[np.uint8] | None:
    """Return what is found in the image, at working size."""
    bgr = np.ascontiguousarray(np.asarray(image.resize((512, 512)))[..., ::-1])
    background = estimate_background(bgr)
    return find_dark_shadow(bgr, color_distance(bgr, background.color), background)


def alpha_of(image: Image.Image) -> NDArray[np.int64]:
    """Return the alpha of the cutout."""
    return pixels(imaging.cutout(encoded(image)).png)[..., 3]


@pytest.mark.parametrize("gray", [230, 190, 180])
def test_a_dark_shadow_is_cut(gray: int) -> None:
    """A gray ellipse that the feet stand in is removed, between them, too; the feet stay."""
    image = figure(gray=(gray, gray, gray))
    alpha = alpha_of(image)
    assert alpha[219, [76, 127, 180]].max() <= 20
    assert alpha[218, 102] == alpha[218, 152] == alpha[100, 127] == 255
    assert imaging.cutout(encoded(image)).report.shadow


def test_a_gray_part_within_an_outline_stays() -> None:
    """A gray strip at the lower end of a framed page is no part of the page's shadow."""
    image = figure((200, 830, 840, 930))
    pen = ImageDraw.Draw(image)
    pen.rectangle((280, 200, 760, 900), fill=RED, outline=(60, 30, 20), width=14)
    pen.rectangle((300, 850, 740, 886), fill=GRAY)
    alpha = alpha_of(image)
    assert alpha[220, 60] <= 20
    assert alpha[217, 127] == 255


def test_a_dark_shadow_is_kept_on_request() -> None:
    """`shadow=keep` turns it into black with partial opacity."""
    options = imaging.CutoutOptions(shadow="keep")
    image = pixels(imaging.cutout(encoded(figure()), options=options).png)
    assert image[219, 127, :3].max() <= 8
    assert 50 <= image[219, 127, 3] <= 80


_KEPT = {
    "outlined": figure(outline=True),
    "a tinted one": figure(gray=(190, 205, 220)),
    "as dark as a road": figure(gray=(120, 120, 120)),
    "a plinth that the feet stand on": figure(feet=845),
    "a rail with straight ends": figure(shape="rectangle"),
    "of a color that the subject has, too": figure(patch=True),
    "higher than a shadow": figure((200, 700, 840, 920)),
    "narrower than the subject": figure((440, 840, 580, 920)),
    "feet far below it": figure((260, 800, 780, 880), feet=980),
}


@each_row("row", _KEPT)
def test_other_gray_areas_are_subject(row: str) -> None:
    """What lacks one property of such a shadow is kept."""
    assert np.asarray(_KEPT[row])[860, 510].max() < 255
    assert find_in(_KEPT[row]) is None
    assert alpha_of(_KEPT[row])[215, 127] == 255
