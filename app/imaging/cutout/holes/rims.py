"""Recognize the white rim around a sticker: what lies within it is no hole."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.regions import Regions

Array = npt.NDArray[Any]

_MIN_SHARE = 0.75  # of the silhouette that the rim and what it encloses must fill
_MAX_OWN = 0.5  # of what a rim encloses that may be the rim itself
_MIN_BOX = 0.02  # of the image that the box around a rim fills at least


def find_rimmed(regions: Regions, numbers: list[int], kept: Array) -> Array:
    """Return which regions lie within a rim, all around its silhouette, that is kept.

    A sticker is solid white below its drawing, so that nothing can be seen through it.

    Args:
        regions: of the image.
        numbers: of enclosed regions of the background's color.
        kept: (n,) bool, which of them are subject.

    Returns:
        (n,) bool.
    """
    rimmed = np.zeros(len(numbers), bool)
    if len(numbers) < 2:
        return rimmed
    for place in np.flatnonzero(kept):
        within = _enclosed_by(regions, numbers[place])
        rimmed |= np.isin(numbers, within) & (np.arange(len(numbers)) != place)
    return rimmed


def _enclosed_by(regions: Regions, number: int) -> Array:
    """Return the numbers of what a region encloses, none if it is no rim."""
    x, y, w, h, area = (int(v) for v in regions.stats[number])
    none = np.zeros(0, np.int32)
    if w * h < _MIN_BOX * regions.labels.size or area > _MAX_OWN * w * h:
        return none
    labels = regions.labels[y : y + h, x : x + w]
    mask = (labels == number).view(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, cv2.FILLED)
    inside = int(filled.sum())
    if area > _MAX_OWN * inside or inside < _MIN_SHARE * _silhouette_area(regions, mask, x, y):
        return none
    return np.unique(labels[filled > 0])


def _silhouette_area(regions: Regions, mask: Array, x: int, y: int) -> int:
    """Return the area of the piece of the subject, with all it encloses, that a region is in."""
    row, column = np.unravel_index(int(mask.argmax()), mask.shape)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - regions.outside, connectivity=8)
    return int(stats[pieces[y + row, x + column], cv2.CC_STAT_AREA])
