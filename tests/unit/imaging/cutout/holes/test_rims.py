"""White within the white rim of a sticker."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.imaging.cutout.holes import rims
from app.imaging.cutout.regions import Regions, label_regions

Array = NDArray[Any]

SIDE = 400
MIDDLE = (200, 200)


def label(drawing: Array) -> tuple[Regions, list[int]]:
    """Return the regions of a drawing, 1 where it has a color, and the numbers of the enclosed."""
    regions = label_regions((drawing == 0).astype(np.uint8))
    return regions, regions.enclosed


def draw_sticker(*, radius: int = 160, width: int = 20) -> Array:
    """Return an outline, a white rim of a width, and a disc with a white spot."""
    drawing = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(drawing, MIDDLE, radius, 1, 6)
    cv2.circle(drawing, MIDDLE, radius - 4 - width, 1, -1)
    cv2.circle(drawing, MIDDLE, 20, 0, -1)
    return drawing


def is_rimmed(drawing: Array, *, rim_kept: bool = True) -> list[bool]:
    """Return which enclosed regions lie within a rim, the largest region first."""
    regions, numbers = label(drawing)
    kept = np.zeros(len(numbers), bool)
    kept[0] = rim_kept
    return [bool(each) for each in rims.find_rimmed(regions, numbers, kept)]


def test_white_within_the_rim_of_a_sticker_is_found() -> None:
    """The spot lies within the rim, and the rim itself does not."""
    assert is_rimmed(draw_sticker()) == [False, True]


def test_a_rim_that_is_a_hole_says_nothing() -> None:
    """A ring of background around a disc, as in a hoop, has nothing to do with what is inside."""
    assert is_rimmed(draw_sticker(), rim_kept=False) == [False, False]


def test_white_beside_the_sticker_is_not_within_its_rim() -> None:
    """A ring beside the sticker keeps its hole."""
    drawing = draw_sticker(radius=120)
    cv2.circle(drawing, (365, 365), 20, 1, 8)
    assert is_rimmed(drawing) == [False, True, False]


@pytest.mark.parametrize("reach", [180, 195])
def test_a_rim_within_a_larger_drawing_is_none(reach: int) -> None:
    """White around the pupil of a large face is an eye: the face may have holes elsewhere."""
    drawing = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(drawing, MIDDLE, reach, 1, -1)
    cv2.circle(drawing, MIDDLE, 90, 0, -1)
    cv2.circle(drawing, MIDDLE, 70, 1, -1)
    cv2.circle(drawing, MIDDLE, 20, 0, -1)
    assert is_rimmed(drawing) == [False, False]


def test_a_white_ground_is_no_rim() -> None:
    """White that fills most of what it encloses is a face or a page, not a rim."""
    drawing = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(drawing, MIDDLE, 160, 1, 6)
    cv2.circle(drawing, MIDDLE, 40, 1, 10)
    assert is_rimmed(drawing) == [False, False]
