"""Find the enclosed areas that show background with a shadow on it."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.shadows.shaded_color import spread

Array = npt.NDArray[Any]

MIN_AREA = 40  # px of an enclosed area that is distinct from noise
MIN_DARK = 0.25  # of an enclosed area that must be dark to belong to a shadow
MIN_GRADING = 1.5  # levels by which a shadow varies within an enclosed area, at least
TOLERANCE = 25.0  # levels by which its mean may differ from the shadow outside
MIN_MATCH, MATCH = 3.0, 0.4  # levels; and of its darkness, by which it surely matches
_SQUARE_3 = np.ones((3, 3), np.uint8)


def find_shaded_holes(
    image: Array, enclosed: Array, dark: Array, color: Array, base: Array
) -> tuple[Array, Array, int]:
    """Return masks of the enclosed areas that show shaded background, and of those that may.

    A shadow is never flat, as a drawn area is, and is about as dark as on the other side of the
    subject's wall.

    Args:
        image: (h, w, 3) uint8 BGR.
        enclosed: (h, w) uint8, 1 where the color is as in a shadow, inside the subject.
        dark: (h, w) uint8, 1 where the image is darker than the background.
        color: of the background, shadow included, as known outside, of any size.
        base: (3,) color of the background without the shadow.

    Returns:
        Two (h, w) uint8 masks, and the number of px in other areas that are graded as a shadow
        is, but too light or too dark for it.
    """
    sure, unsure = np.zeros_like(enclosed), np.zeros_like(enclosed)
    core = cv2.morphologyEx(enclosed, cv2.MORPH_OPEN, _SQUARE_3)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
    expected: Array | None = None
    kept = 0
    for number in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= MIN_AREA):
        x, y, w, h, area = (int(v) for v in stats[number])
        box = np.s_[y : y + h, x : x + w]
        mask = (labels[box] == number).view(np.uint8)
        if number == 0 or cv2.countNonZero(mask & dark[box]) < MIN_DARK * area:
            continue
        if expected is None:
            expected = spread(color, (image.shape[1], image.shape[0]))
        found, variation = cv2.meanStdDev(image[box], mask=mask)
        if variation.max() < MIN_GRADING:
            continue
        mean, shade = found[:, 0], np.array(cv2.mean(expected[box], mask)[:3])
        difference = np.abs(mean - shade).max()
        if difference <= MIN_MATCH + MATCH * (base - mean).max():
            sure[box] |= mask
        elif difference <= TOLERANCE:
            unsure[box] |= mask
        else:
            kept += area
    return sure, unsure, kept
