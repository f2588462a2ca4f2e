"""Check cheaply whether a part of the outline may be soft."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background

Array = npt.NDArray[Any]

_FAINTEST, _FAINT = 5.0, 32.0  # levels from the background, beyond noise, of a soft part's rim
_MIN_FAINT = 0.0004  # of the image that such a rim, at least 3 px wide, must cover
_OUTSIDE, _INSIDE = 4, 12  # px of a profile on either side of the outline
_MAX_PROFILES = 300  # in rows, and as many in columns
_MIN_RISE = 20.0  # levels within a profile
_MAX_STEP = 0.3  # of that rise, in one px: an edge is steeper
_MIN_SHARE = 0.08  # of the profiles that must be as gentle as this
_SQUARE_3, _SQUARE_9 = np.ones((3, 3), np.uint8), np.ones((9, 9), np.uint8)


def may_be_soft(distance: Array, outside: Array, background: Background) -> bool:
    """Return whether a part of the outline may fade into the background.

    The first test takes a fraction of a millisecond; most images fail it.

    Args:
        distance: (h, w) uint8 color distance from the background.
        outside: (h, w) uint8 mask, 1 where the image is background.
        background: the background.
    """
    slack = 3 * background.noise
    faint = cv2.inRange(distance, _FAINTEST + slack, _FAINT + slack)
    wide = cv2.erode(faint, _SQUARE_3) & np.asarray(cv2.dilate(outside, _SQUARE_9))
    if cv2.countNonZero(wide) < _MIN_FAINT * distance.size:
        return False
    steps = np.diff(_profiles(distance, outside), axis=1)
    rise = np.maximum(steps, 0).sum(axis=1)
    gentle = (rise >= _MIN_RISE + slack) & (steps.max(axis=1, initial=0) <= _MAX_STEP * rise)
    return int(np.count_nonzero(gentle)) > _MIN_SHARE * len(gentle)


def _profiles(distance: Array, outside: Array) -> Array:
    """Return profiles along rows and columns, inwards: (n, _OUTSIDE + _INSIDE) int16."""
    flat, mask = distance.ravel(), outside.ravel()
    span = np.arange(-_OUTSIDE, _INSIDE)
    found = []
    for pitch in (distance.shape[1], 1):
        before = np.flatnonzero((mask[pitch:] ^ mask[:-pitch]).view(bool))
        before = before[:: len(before) // _MAX_PROFILES + 1]
        entering = mask[before] > 0
        direction = np.where(entering, pitch, -pitch)
        first = before + pitch * entering
        found.append(flat.take(first[:, None] + direction[:, None] * span, mode="clip"))
    return np.concatenate(found).astype(np.int16)
