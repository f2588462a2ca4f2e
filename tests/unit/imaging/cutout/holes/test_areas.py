"""The enclosed areas that a report lists, and the choice among them."""

import numpy as np
import pytest
from PIL import Image

from app import imaging
from app.imaging import CutoutOptions
from tests.support.images.panel import PLACES, RADII, opacities, panel
from tests.support.images.sample_images import choose, encoded, pixels
from tests.support.tables import each_row


def test_visible_areas_are_listed_largest_first() -> None:
    """Areas of equal size are in reading order, and one too small to be seen is left out."""
    areas = imaging.cutout(panel()).report.areas
    assert [area.number for area in areas] == [1, 2, 3, 4]
    for area, (x, y), radius in zip(areas, PLACES, RADII, strict=True):
        assert area.center == pytest.approx((x / 512, y / 512), abs=0.006)
        left, top, width, height = area.box
        assert (left, top) == pytest.approx(((x - radius) / 512, (y - radius) / 512), abs=0.006)
        assert (width, height) == pytest.approx((2 * radius / 512,) * 2, abs=0.01)
    assert areas[0].share == pytest.approx(np.pi * 60**2 / (420 * 380), abs=0.01)


@each_row(
    "choice, expected",
    [
        ("keep", [255, 255, 255, 255]),
        ("cut", [0, 0, 0, 0]),
        ("keep:1,2,3,4", [255, 255, 255, 255]),
        ("cut:1,2,3,4", [0, 0, 0, 0]),
        ("keep:1,3;cut:2,4", [255, 0, 255, 0]),
        ("keep:4;cut:1,2,3", [0, 0, 0, 255]),
    ],
)
def test_each_choice_gives_the_pixels_that_it_names(choice: str, expected: list[int]) -> None:
    """Named areas are opaque or transparent, and the report states each decision."""
    found = imaging.cutout(panel(), options=choose(choice))
    assert opacities(pixels(found.png)) == expected
    kept = {area.number for area in found.report.areas if area.decision == "keep"}
    assert kept == {number for number, alpha in enumerate(expected, 1) if alpha}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_list_changes_no_other_area(number: int) -> None:
    """The areas that a choice doesn't name stay as they are automatically."""
    automatic = {area.number: area for area in imaging.cutout(panel()).report.areas}
    other = {"keep": "cut", "cut": "keep"}[automatic[number].decision]
    chosen = imaging.cutout(panel(), options=choose(f"{other}:{number}")).report.areas
    for area in chosen:
        expected = other if area.number == number else automatic[area.number].decision
        assert area.decision == expected


@each_row("choice", ["auto", "keep", "cut", "keep:2", "cut:3", "keep:1;cut:2"])
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


def test_numbers_do_not_depend_on_the_size_of_the_original() -> None:
    """The same drawing in twice as many pixels has the same areas in the same places."""
    once, twice = (imaging.cutout(panel(scale=scale)).report.areas for scale in (1, 2))
    for area, other in zip(once, twice, strict=True):
        assert (area.number, area.decision) == (other.number, other.decision)
        assert area.center == pytest.approx(other.center, abs=0.01)


def test_an_image_without_a_plain_background_has_no_areas() -> None:
    """Nothing is cut out of it, so there is nothing to choose; the same if it is transparent."""
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    whole = imaging.cutout(encoded(Image.fromarray(noise)), options=choose("keep:1")).report
    assert (whole.areas, whole.source) == ((), "cutout")
    transparent = Image.new("RGBA", (64, 64))
    transparent.paste((200, 30, 30, 255), (16, 16, 48, 48))
    ready = imaging.cutout(encoded(transparent)).report
    assert (ready.areas, ready.source) == ((), "model")


@pytest.mark.parametrize("size", [128, 256, 512])
def test_numbers_do_not_depend_on_the_size_of_the_cutout(size: int) -> None:
    """Cutouts of all sizes list the same areas in the same places."""
    areas = imaging.cutout(panel(scale=2), size=size).report.areas
    assert [area.number for area in areas] == [1, 2, 3, 4]
    for area, (x, y) in zip(areas, PLACES, strict=True):
        assert area.center == pytest.approx((x / 512, y / 512), abs=0.01)


def test_numbers_do_not_depend_on_other_options() -> None:
    """Neither what happens to shadows nor what the image shows changes the numbers."""
    automatic = imaging.cutout(panel(shadow=True)).report.areas
    assert len(automatic) == len(PLACES)
    for options in (CutoutOptions(shadow="keep"), CutoutOptions(subject="a panda")):
        chosen = imaging.cutout(panel(shadow=True), options=options).report.areas
        assert [each.box for each in chosen] == [each.box for each in automatic]
