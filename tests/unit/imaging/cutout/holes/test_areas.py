"""The enclosed areas that a report lists, and the choice among them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app import imaging
from tests.support.images.sample_images import choose, encoded, pixels

HOLES = ((130, 260, 60), (330, 300, 40), (330, 190, 40), (230, 380, 12), (240, 140, 5))
"""x, y and radius on a side of 512 px: the last is too small to be visible."""


def panel(width: int = 512, height: int = 512) -> bytes:
    """Return a colored panel with round white areas, centered in the given size."""
    canvas = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(canvas)
    left, top = (width - 512) // 2, (height - 512) // 2
    pen.rounded_rectangle((left + 40, top + 60, left + 460, top + 440), 30, fill=(180, 60, 90))
    for x, y, radius in HOLES:
        box = (left + x - radius, top + y - radius, left + x + radius, top + y + radius)
        pen.ellipse(box, fill="white")
    return encoded(canvas)


def opacities(choice: str) -> list[int]:
    """Return the alpha in the center of each area."""
    alpha = pixels(imaging.cutout(panel(), options=choose(choice)).png)[..., 3]
    return [int(alpha[y // 2, x // 2]) for x, y, _ in HOLES[:4]]


def test_visible_areas_are_listed_largest_first() -> None:
    """Areas of equal size are in reading order, and one too small to be seen is left out."""
    areas = imaging.cutout(panel()).report.areas
    assert [area.number for area in areas] == [1, 2, 3, 4]
    places = [HOLES[0], HOLES[2], HOLES[1], HOLES[3]]
    for area, (x, y, radius) in zip(areas, places, strict=True):
        assert area.center == pytest.approx((x / 512, y / 512), abs=0.006)
        left, top, width, height = area.box
        assert (left, top) == pytest.approx(((x - radius) / 512, (y - radius) / 512), abs=0.006)
        assert (width, height) == pytest.approx((2 * radius / 512,) * 2, abs=0.01)
    assert areas[0].share == pytest.approx(np.pi * 60**2 / (420 * 380), abs=0.01)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("keep", [255, 255, 255, 255]),
        ("cut", [0, 0, 0, 0]),
        ("keep:1,2,3,4", [255, 255, 255, 255]),
        ("cut:1,2,3,4", [0, 0, 0, 0]),
        ("keep:1,3;cut:2,4", [255, 255, 0, 0]),
        ("keep:4;cut:1,2,3", [0, 0, 0, 255]),
    ],
)
def test_each_choice_gives_the_pixels_that_it_names(choice: str, expected: list[int]) -> None:
    """Named areas are opaque or transparent, and the report states each decision."""
    assert opacities(choice) == expected
    report = imaging.cutout(panel(), options=choose(choice)).report
    kept = {area.number for area in report.areas if area.decision == "keep"}
    by_number = [expected[0], expected[2], expected[1], expected[3]]
    assert kept == {number for number, alpha in enumerate(by_number, 1) if alpha}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_list_changes_no_other_area(number: int) -> None:
    """The areas that a choice doesn't name stay as they are automatically."""
    automatic = {area.number: area for area in imaging.cutout(panel()).report.areas}
    other = {"keep": "cut", "cut": "keep"}[automatic[number].decision]
    chosen = imaging.cutout(panel(), options=choose(f"{other}:{number}")).report.areas
    for area in chosen:
        expected = other if area.number == number else automatic[area.number].decision
        assert area.decision == expected


@pytest.mark.parametrize("choice", ["auto", "keep", "cut", "keep:2", "cut:3", "keep:1;cut:2"])
def test_numbers_do_not_depend_on_the_choice(choice: str) -> None:
    """Number, place, share and chance are the same whatever is chosen, and in every run."""
    automatic = imaging.cutout(panel()).report.areas
    chosen = imaging.cutout(panel(), options=choose(choice)).report.areas
    for area, other in zip(automatic, chosen, strict=True):
        assert (area.number, area.box, area.center) == (other.number, other.box, other.center)
        assert (area.share, area.chance) == (other.share, other.chance)


def test_lengths_are_fractions_of_the_square() -> None:
    """In an image that isn't square, places are relative to the square that it is centered in."""
    square = imaging.cutout(panel()).report.areas[:3]
    wide = imaging.cutout(panel(1024, 512)).report.areas
    assert len(wide) == 3  # in half the size, the fourth is too small to be seen
    for area, other in zip(square, wide, strict=True):
        x, y = (0.5 + (value - 0.5) / 2 for value in area.center)
        assert other.center == pytest.approx((x, y), abs=0.01)
        assert other.box[2] == pytest.approx(area.box[2] / 2, abs=0.01)
