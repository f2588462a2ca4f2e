"""Recognize a shadow that is drawn as a flat, pale area on the ground."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.regions import SOLID_TOLERANCE

Array = npt.NDArray[Any]

MAX_DEPTH = 18  # levels below the background: a deeper area may be a part of the subject
MIN_AREA = 0.0004  # of the image: smaller parts of the area are of no matter
GROUND = 0.85  # of the subject's height, above which no part of a ground shadow lies
MAX_SLANT = 0.3  # height of a shadow, relative to its width
MIN_WIDTH, MAX_WIDTH = 0.3, 1.6  # of the subject's width
MIN_OPEN = 0.3  # of a part's rim that must adjoin the background, with no outline between
MIN_BURDEN = 0.4  # of the shadow's width above which there must be a subject
STRONG = 48  # levels from the background that show a subject
_SQUARE_3, _SQUARE_5 = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)
_MARGIN = 7  # px around a part: half of the largest square
_SQUARE_13 = np.ones((13, 13), np.uint8)


def find_drawn_shadow(
    distance: Array, outside: Array, neutral: Array, background: Background
) -> Array:
    """Return a mask of a flat shadow on the ground; it is empty if there is none.

    Flat drawings often stand on a pale, flat ellipse with a sharp rim, which no flood enters. It
    has no outline, is wider than high, and lies below the subject. A pale part of the subject
    rarely has all of these properties.

    Args:
        distance: (h, w) uint8 color distance from the background.
        outside: (h, w) uint8 mask of the background that was found so far.
        neutral: (h, w) uint8, 1 where the color is as in a shadow.
        background: the background.
    """
    found = np.zeros_like(outside)
    slack = 3 * background.noise
    faint = cv2.inRange(distance, SOLID_TOLERANCE + slack, MAX_DEPTH + slack) & neutral
    pale = cv2.morphologyEx(faint & (1 - outside), cv2.MORPH_OPEN, _SQUARE_3)
    if cv2.countNonZero(pale) < MIN_AREA * distance.size:
        return found
    strong = cv2.morphologyEx((distance > STRONG).view(np.uint8), cv2.MORPH_OPEN, _SQUARE_3)
    _, y, width, height = cv2.boundingRect(strong)
    ground = y + GROUND * height
    _, labels, stats, _ = cv2.connectedComponentsWithStats(pale, connectivity=8)
    parts = np.zeros_like(outside)
    for number in range(1, len(stats)):
        left, top, w, h, area = (int(v) for v in stats[number])
        if area < MIN_AREA * distance.size or top < ground:
            continue
        box = (
            slice(max(0, top - _MARGIN), top + h + _MARGIN),
            slice(max(0, left - _MARGIN), left + w + _MARGIN),
        )
        mask = (labels[box] == number).view(np.uint8)
        inner: Array = np.asarray(cv2.dilate(mask, _SQUARE_5))
        rim: Array = np.asarray(cv2.dilate(mask, _SQUARE_13)) & (1 - inner)
        if np.count_nonzero(rim & outside[box]) >= MIN_OPEN * np.count_nonzero(rim):
            parts[box] |= mask
    left, top, w, h = cv2.boundingRect(parts)
    if not (w and width) or not MIN_WIDTH * width <= w <= MAX_WIDTH * width or h > MAX_SLANT * w:
        return found
    burden = strong[max(0, top - height // 4) : top + h, left : left + w].any(axis=0)
    if burden.mean() < MIN_BURDEN:
        return found
    box = np.s_[max(0, top - _MARGIN) : top + h + _MARGIN, left : left + w]
    found[box] = faint[box]
    return found
