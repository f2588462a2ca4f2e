"""Find background-like pixels and label their connected regions."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background

Array = npt.NDArray[Any]

TOLERANCE = 12  # levels from the background that an edge or compression noise may reach
SOLID_TOLERANCE = 4  # levels beyond noise from which a solid patch counts as subject
MIN_CONTRAST = 48  # levels that ringing does not reach
MAX_SPECK_AREA = 150  # px: larger isolated regions are not ringing
MARGIN = 8  # px kept around the subject
MIN_INLET_AREA = 600  # px: smaller bays stay part of the outside
_SQUARE_3 = np.ones((3, 3), np.uint8)
_SQUARE_5 = np.ones((5, 5), np.uint8)


@dataclass(frozen=True)
class Regions:
    """Connected regions of background-like pixels.

    Attributes:
        outside: (h, w) uint8 mask, 1 where a region reaches the border of the image.
        subject: (h, w) uint8 mask, 1 where pixels are not background-like.
        labels: (h, w) int32 number of the enclosed region that a pixel is in, or 0.
        stats: (n, 5) int32 x, y, width, height, area of each enclosed region; row 0 is unused.
    """

    outside: Array
    subject: Array
    labels: Array
    stats: Array

    @property
    def enclosed(self) -> list[int]:
        """Numbers of the enclosed regions, largest first."""
        order = np.argsort(-self.stats[1:, cv2.CC_STAT_AREA], kind="stable")
        return [int(i) + 1 for i in order]

    def background_mask(self, is_background: Array) -> Array:
        """Return 1 outside and in the enclosed regions that are background.

        Args:
            is_background: (n,) bool, for each enclosed region.
        """
        if not is_background.any():
            return self.outside
        return self.outside | is_background.view(np.uint8).take(self.labels, mode="clip")


def subject_box(distance: Array, background: Background) -> tuple[int, int, int, int]:
    """Return the subject's box with a margin.

    All later steps work only inside this box. For an empty image it is the whole image.

    Returns:
        Top, bottom, left and right in px, as even numbers.
    """
    threshold = _tolerance(SOLID_TOLERANCE, background, 0.0)
    x, y, w, h = cv2.boundingRect((distance > threshold).view(np.uint8))
    if not w:
        return 0, distance.shape[0], 0, distance.shape[1]
    top, left = max(0, y - MARGIN) & ~1, max(0, x - MARGIN) & ~1
    bottom = min(distance.shape[0], (y + h + MARGIN + 1) & ~1)
    right = min(distance.shape[1], (x + w + MARGIN + 1) & ~1)
    return top, bottom, left, right


def background_like(distance: Array, background: Background, ringing: float = 0.0) -> Array:
    """Return a mask of the pixels that may be background.

    They are close to the background's color, unless they lie in a solid patch that differs from
    it by more than noise does, such as cream on white. Edges and ringing form no patches.

    Args:
        distance: (h, w) uint8 color distance from the background.
        background: the background.
        ringing: levels of compression noise beyond the usual.

    Returns:
        (h, w) uint8, 1 or 0.
    """
    solid = _tolerance(SOLID_TOLERANCE, background, ringing)
    edge = _tolerance(TOLERANCE, background, ringing)
    patches = cv2.morphologyEx((distance > solid).view(np.uint8), cv2.MORPH_OPEN, _SQUARE_5)
    return np.asarray((distance <= edge) & (patches == 0)).view(np.uint8)


def _tolerance(usual: float, background: Background, ringing: float) -> float:
    """Return a tolerance for this background; one that the caller states replaces the solid one.

    Args:
        usual: the tolerance without noise.
        background: the background.
        ringing: levels of compression noise beyond the usual.
    """
    if background.tolerance is not None:
        return usual - SOLID_TOLERANCE + background.tolerance
    return usual + ringing + 3 * background.noise


def label_regions(mask: Array) -> Regions:
    """Label the 4-connected regions of a mask.

    A flood fill from the border takes a tenth of the time of labeling the whole image, and most
    images have no enclosed regions left to label.

    Args:
        mask: (h, w) uint8, 1 where pixels are background-like.
    """
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(padded, None, (0, 0), 2, flags=4)
    filled = padded[1:-1, 1:-1]
    outside, subject = (filled == 2).view(np.uint8), (filled == 0).view(np.uint8)
    enclosed = (filled == 1).view(np.uint8)
    inlets = _narrow_inlets(padded, outside)
    if inlets is not None:
        outside, enclosed = outside & (1 - inlets), enclosed | inlets
    if not cv2.countNonZero(enclosed):
        return Regions(outside, subject, np.zeros(mask.shape, np.int32), np.zeros((1, 5), np.int32))
    x, y, w, h = cv2.boundingRect(enclosed)
    box = np.s_[y : y + h, x : x + w]
    _, box_labels, stats, _ = cv2.connectedComponentsWithStats(enclosed[box], connectivity=4)
    labels = np.zeros(mask.shape, np.int32)
    labels[box] = box_labels
    stats[:, :2] += (x, y)
    return Regions(outside, subject, labels, stats)


def _narrow_inlets(filled: Array, outside: Array) -> Array | None:
    """Return a mask of the outside behind gaps of a pixel or two, or None.

    Open line art has such gaps, and so does art that runs off the image: what it encloses touches
    the border, but no corner.
    """
    eroded = cv2.erode((filled == 2).view(np.uint8), _SQUARE_3, borderValue=1)
    right, bottom = eroded.shape[1] - 1, eroded.shape[0] - 1
    for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom)):
        if eroded[corner[::-1]] == 1:
            cv2.floodFill(eroded, None, corner, 2, flags=4)
    core = (eroded[1:-1, 1:-1] == 1).view(np.uint8)
    if cv2.countNonZero(core) < MIN_INLET_AREA:
        return None
    core = cv2.morphologyEx(core, cv2.MORPH_OPEN, _SQUARE_5)
    return np.asarray(cv2.bitwise_and(cv2.dilate(core, _SQUARE_5), outside))


def ringing_specks(distance: Array, regions: Regions) -> Array:
    """Return a mask of ringing that compression left on the background.

    Ringing is small, faint and isolated.

    Args:
        distance: (h, w) uint8 color distance from the background.
        regions: of that image.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(regions.subject, connectivity=8)
    strong = np.bincount(labels[distance > MIN_CONTRAST], minlength=len(stats)) > 0
    specks = ~strong & (stats[:, cv2.CC_STAT_AREA] < MAX_SPECK_AREA)
    specks[0] = False
    return np.asarray(specks.view(np.uint8)[labels])
