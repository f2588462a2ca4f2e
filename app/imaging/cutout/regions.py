"""Which pixels look like background, and the connected areas that they make."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background

Array = npt.NDArray[Any]

TOLERANCE = 12  # levels from the background that an edge or compression noise may reach
SOLID = 4  # levels beyond noise at which a solid patch is paint all the same
STRONG = 48  # levels that ringing does not reach
SPECK = 150  # px: what stands alone and is larger is no ringing
MARGIN = 8  # px kept around the subject
POCKET = 600  # px: smaller bays stay part of the outside
_GAP = np.ones((3, 3), np.uint8)
_PATCH = np.ones((5, 5), np.uint8)


@dataclass(frozen=True)
class Regions:
    """Connected areas of background-like pixels.

    Attributes:
        outside: (h, w) uint8, 1 where an area reaches the border of the image.
        subject: (h, w) uint8, 1 where pixels are no background.
        labels: (h, w) int32 number of the enclosed area that a pixel is in, or 0.
        stats: (n, 5) int32 x, y, width, height, pixels of each enclosed area; row 0 is unused.
    """

    outside: Array
    subject: Array
    labels: Array
    stats: Array

    @property
    def enclosed(self) -> list[int]:
        """Numbers of the enclosed areas, largest first."""
        order = np.argsort(-self.stats[1:, cv2.CC_STAT_AREA], kind="stable")
        return [int(i) + 1 for i in order]

    def mask(self, chosen: Array) -> Array:
        """1 outside and where the enclosed area's entry of the (n,) bool array is set."""
        if not chosen.any():
            return self.outside
        return self.outside | chosen.view(np.uint8).take(self.labels, mode="clip")


def around(apart: Array, backdrop: Background) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is no background, with a margin, in even numbers.

    All else is done inside this box only. An empty image gives the whole image.
    """
    x, y, w, h = cv2.boundingRect((apart > SOLID + 3 * backdrop.noise).view(np.uint8))
    if not w:
        return 0, apart.shape[0], 0, apart.shape[1]
    top, left = max(0, y - MARGIN) & ~1, max(0, x - MARGIN) & ~1
    bottom = min(apart.shape[0], (y + h + MARGIN + 1) & ~1)
    right = min(apart.shape[1], (x + w + MARGIN + 1) & ~1)
    return top, bottom, left, right


def alike(apart: Array, backdrop: Background, ringing: float = 0.0) -> Array:
    """1 where a pixel passes for background: (h, w) uint8.

    Close to the background's color, unless it lies in a solid patch that differs from it by more
    than noise does: cream paint on white paper. Edges and ringing are no patches.
    """
    slack = 3 * backdrop.noise
    solid, edge = SOLID + ringing + slack, TOLERANCE + ringing + slack
    patch = cv2.morphologyEx((apart > solid).view(np.uint8), cv2.MORPH_OPEN, _PATCH)
    return np.asarray((apart <= edge) & (patch == 0)).view(np.uint8)


def connect(mask: Array) -> Regions:
    """Connected areas of an (h, w) uint8 mask of 0 and 1; edges sharing a corner don't connect.

    Filling from the border costs a tenth of labelling everything, and most images enclose
    nothing that is left to label.
    """
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(framed, None, (0, 0), 2, flags=4)
    filled = framed[1:-1, 1:-1]
    outside, subject = (filled == 2).view(np.uint8), (filled == 0).view(np.uint8)
    left = (filled == 1).view(np.uint8)
    pocket = _pocket(framed, outside)
    if pocket is not None:
        outside, left = outside & (1 - pocket), left | pocket
    if not cv2.countNonZero(left):
        return Regions(outside, subject, np.zeros(mask.shape, np.int32), np.zeros((1, 5), np.int32))
    x, y, w, h = cv2.boundingRect(left)
    part = left[y : y + h, x : x + w]
    _, some, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=4)
    labels = np.zeros(mask.shape, np.int32)
    labels[y : y + h, x : x + w] = some
    stats[:, :2] += (x, y)
    return Regions(outside, subject, labels, stats)


def _pocket(filled: Array, outside: Array) -> Array | None:
    """1 where the outside is only reached through a gap of a pixel or two, as in open line art."""
    wide = cv2.erode((filled == 2).view(np.uint8), _GAP, borderValue=1)
    cv2.floodFill(wide, None, (0, 0), 2, flags=4)
    core = (wide[1:-1, 1:-1] == 1).view(np.uint8)
    if cv2.countNonZero(core) < POCKET:
        return None
    core = cv2.morphologyEx(core, cv2.MORPH_OPEN, _PATCH)
    return np.asarray(cv2.bitwise_and(cv2.dilate(core, _PATCH), outside))


def specks(apart: Array, parts: Regions) -> Array:
    """Ringing that compression left on the paper: 1 where small, faint bits stand alone.

    Args:
        apart: (h, w) uint8 distance from the background.
        parts: areas of that image.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(parts.subject, connectivity=8)
    strong = np.bincount(labels[apart > STRONG], minlength=len(stats)) > 0
    alone = ~strong & (stats[:, cv2.CC_STAT_AREA] < SPECK)
    alone[0] = False
    return np.asarray(alone.view(np.uint8)[labels])
