"""Enclosed areas on drawings: any background, letters, and the words of the prompt."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app import imaging
from app.imaging.cutout.options import CutoutOptions

Array = NDArray[Any]

SIDE = 512


def draw_padlock(color: int) -> Array:
    """Return a padlock with an open shackle on a background of a gray level."""
    image = np.full((SIDE, SIDE, 3), color, np.uint8)
    cv2.ellipse(image, (256, 210), (80, 110), 0, 180, 360, (90, 90, 90), 30, cv2.LINE_AA)
    cv2.line(image, (176, 205), (176, 270), (90, 90, 90), 30)
    cv2.line(image, (336, 205), (336, 270), (90, 90, 90), 30)
    cv2.rectangle(image, (130, 250), (382, 430), (40, 160, 220), -1)
    return image


def draw_eyes(color: int) -> Array:
    """Return a face with two eyes, whose white has the background's color."""
    image = np.full((SIDE, SIDE, 3), color, np.uint8)
    cv2.circle(image, (256, 256), 190, (40, 160, 230), -1, cv2.LINE_AA)
    for x in (186, 326):
        cv2.circle(image, (x, 220), 46, (30, 30, 30), -1, cv2.LINE_AA)
        cv2.circle(image, (x, 220), 40, (color, color, color), -1, cv2.LINE_AA)
        cv2.circle(image, (x, 226), 18, (20, 20, 20), -1, cv2.LINE_AA)
    return image


def cut_out(image: Array, subject: str = "") -> imaging.CutoutReport:
    """Return the report of a cutout."""
    _, png = cv2.imencode(".png", image)
    return imaging.cutout(png.tobytes(), options=CutoutOptions(subject=subject)).report


@pytest.mark.parametrize("color", [255, 254, 253, 248])
def test_shapes_decide_on_any_background(color: int) -> None:
    """White of the background's color is kept in eyes, and cut in a shackle, on any background."""
    eyes, padlock = cut_out(draw_eyes(color)), cut_out(draw_padlock(color))
    assert [area.decision for area in eyes.areas] == ["keep", "keep"]
    assert [area.decision for area in padlock.areas] == ["cut"]


def test_the_prompt_moves_the_chance() -> None:
    """A word for something with openings lowers the chance, one for white things raises it."""
    image = draw_padlock(255)
    unknown, hole, subject = (
        cut_out(image, words).areas[0].chance for words in ("", "a padlock", "an envelope")
    )
    assert hole < unknown < subject


def test_a_white_of_its_own_makes_holes_more_likely() -> None:
    """A plain white part that differs from the background does so; a gray or mixed one doesn't."""

    def chance(label: Array | tuple[int, int, int]) -> float:
        image = draw_padlock(255)
        image[300:400, 160:350] = label
        return cut_out(image).areas[0].chance or 0.0

    mixed = np.random.default_rng(1).integers(238, 252, (100, 190, 3))
    white, gray, unclear = chance((246, 249, 250)), chance((225, 225, 225)), chance(mixed)
    assert white < gray / 2
    assert white < unclear / 2


def test_white_that_is_lighter_than_an_even_background_is_kept() -> None:
    """White of 255 on 254 is painted; a tint, or a noisy background, proves nothing."""

    def decision(opening: tuple[int, int, int], noise: float = 0.0) -> str:
        image = draw_padlock(254)
        cv2.floodFill(image, None, (256, 200), opening)
        rng = np.random.default_rng(2)
        noisy = image.astype(np.float64) + noise * rng.normal(0, 1, image.shape)
        (area,) = cut_out(np.clip(noisy + 0.5, 0, 255).astype(np.uint8)).areas
        return area.decision

    assert decision((255, 255, 255)) == "keep"
    assert decision((255, 255, 255), noise=0.3) == "keep"
    assert decision((255, 255, 255), noise=1.0) == "cut"
    assert decision((255, 255, 254)) == "cut"
    assert decision((254, 254, 254)) == "cut"


def test_the_prompt_does_not_override_a_clear_shape() -> None:
    """Eyes stay, and the opening of a shackle goes, whatever the prompt says."""
    assert [area.decision for area in cut_out(draw_eyes(254), "rings, wheels").areas] == [
        "keep",
        "keep",
    ]
    assert [area.decision for area in cut_out(draw_padlock(254), "snow").areas] == ["cut"]


def test_counters_of_letters_are_holes() -> None:
    """The counters of letters in a row are cut."""
    image = np.full((SIDE, SIDE, 3), 254, np.uint8)
    for place, letter in enumerate("DOOR"):
        where = (40 + 110 * place, 300)
        cv2.putText(image, letter, where, cv2.FONT_HERSHEY_DUPLEX, 4.5, (60, 30, 30), 18)
    areas = cut_out(image).areas
    assert len(areas) >= 3
    assert {area.decision for area in areas} == {"cut"}
