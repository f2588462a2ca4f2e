"""Recognize a painted checkerboard, as a sign of transparency, and make it even."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MIN_SIDE = 64  # px: a smaller image has no pattern
MIN_CONTRAST, MAX_CONTRAST = 6.0, 110.0  # levels between the two tones
MAX_TINT = 10.0  # levels: both tones are gray
MIN_TONE_SHARE = 0.25  # of the border that each tone must cover
MIN_COVER = 0.8  # of the border that both must cover
MIN_CHANGES = 6  # of tone, along at least two sides of the image
MAX_CELL = 0.15  # of the image's side that a square may cover
MIN_REGULAR = 0.6  # of a side that runs of about the same length must cover
MIN_MIXED = 0.12  # of an enclosed area that each tone must cover
_MIN_HOLE = 60  # px of an enclosed area that can show the pattern
_EDGE = 4  # px around the pattern that hold mixtures of it with the subject
_MAX_LIFT = 8.0  # levels
_DEPTH = 3  # px from the border that are examined
_SQUARE_3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Checkerboard:
    """A pattern of squares in two tones.

    Attributes:
        light: (3,) float32 BGR, of the lighter tone.
        dark: the same, of the darker tone.
        tolerance: levels by which a pixel may differ from them.
    """

    light: Array
    dark: Array
    tolerance: float

    def find(self, image: Array) -> Array:
        """Return a mask of the pattern outside and inside the subject.

        Outside is what connects to the border through both tones. Enclosed areas show the pattern
        if they have both, too; with one of them they are white or gray parts of the subject.

        Args:
            image: (h, w, 3) uint8 BGR.

        Returns:
            (h, w) uint8.
        """
        dark = self._is_dark(image)
        low, high = self.dark - self.tolerance, self.light + self.tolerance
        similar = cv2.morphologyEx(cv2.inRange(image, low, high), cv2.MORPH_OPEN, _SQUARE_3)
        padded = cv2.copyMakeBorder(similar, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=255)
        cv2.floodFill(padded, None, (0, 0), 2, flags=4)
        inner = padded[1:-1, 1:-1]
        pattern = (inner == 2).view(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(
            (inner == 255).view(np.uint8), connectivity=4
        )
        area = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
        share = np.bincount(labels.ravel(), weights=dark.ravel(), minlength=len(stats)) / area
        holes = (area >= _MIN_HOLE) & (share >= MIN_MIXED) & (share <= 1 - MIN_MIXED)
        holes[0] = False
        return np.asarray(pattern | holes.view(np.uint8)[labels])

    def offset(self, image: Array, pattern: Array) -> Array:
        """Return what makes the pattern even when it is subtracted.

        The pattern becomes a little lighter than its darker tone, as gray parts of the subject may
        have either tone.

        In the pattern that is the pixel's own difference. In the mixtures along the subject's edge
        it is that of the nearest pixel of the pattern; elsewhere it is 0.

        Args:
            image: (h, w, 3) uint8 BGR.
            pattern: (h, w) uint8 mask.

        Returns:
            (h, w, 3) float32 BGR.
        """
        core = cv2.erode(pattern, _SQUARE_3, borderValue=1)
        distance, labels = cv2.distanceTransformWithLabels(
            1 - core, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        nearest = np.zeros(labels.max() + 1, np.int64)
        inside = np.flatnonzero(core)
        nearest[labels.ravel()[inside]] = inside
        own = image.astype(np.float32) - self._even_color()
        spread = own.reshape(-1, 3)[nearest[labels]]
        near = (distance <= _EDGE)[..., None]
        return np.where(pattern[..., None] > 0, own, np.where(near, spread, np.float32(0)))

    def _even_color(self) -> Array:
        return self.dark + np.minimum((self.light - self.dark) / 2, _MAX_LIFT)

    def _is_dark(self, image: Array) -> Array:
        middle = float((self.light + self.dark).mean()) / 2
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) < middle).view(np.uint8)


def find_checkerboard(image: Array) -> Checkerboard | None:
    """Return the checkerboard along the border of an image, or None.

    Args:
        image: (h, w, 3) uint8 BGR.
    """
    d = _DEPTH
    if min(image.shape[:2]) < MIN_SIDE:
        return None
    sides = (image[d], image[-d - 1], image[:, d], image[:, -d - 1])
    border = np.concatenate(sides).astype(np.float32)
    gray = border.mean(axis=1)
    low, high = np.percentile(gray, (15, 85))
    split = float(low + high) / 2
    light, dark = gray >= split, gray < split
    if min(light.mean(), dark.mean()) < MIN_TONE_SHARE:
        return None
    tones = np.stack([np.median(border[light], axis=0), np.median(border[dark], axis=0)])
    contrast = float((tones[0] - tones[1]).mean())
    if not MIN_CONTRAST <= contrast <= MAX_CONTRAST or np.ptp(tones, axis=1).max() > MAX_TINT:
        return None
    tolerance = max(4.0, contrast / 4)
    cover = (np.abs(border[:, None] - tones).max(axis=2).min(axis=1) <= tolerance).mean()
    runs = [_is_regular(side.mean(axis=1) >= split) for side in sides]
    if cover < MIN_COVER or sum(runs) < 2:
        return None
    return Checkerboard(tones[0].astype(np.float32), tones[1].astype(np.float32), tolerance)


def _is_regular(light: Array) -> bool:
    """Return whether a line changes its tone often, and at about equal distances."""
    changes = np.flatnonzero(np.diff(light.astype(np.int8)))
    if len(changes) < MIN_CHANGES:
        return False
    runs = np.diff(changes)
    usual = float(np.median(runs))
    regular = np.abs(runs - usual) <= max(2.0, usual / 4)
    covered = float(runs[regular].sum()) / len(light)
    return 2 <= usual <= MAX_CELL * len(light) and covered >= MIN_REGULAR
