"""Measure how wide the edges of a subject are."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_OUTSIDE, _INSIDE = 3, 7  # px of a profile on either side of the outline
_MIN_STEP = 16.0  # levels: fainter edges are not measured
_MAX_PROFILES = 400  # in rows, and as many in columns
_MIN_SHARE = 0.2  # of the largest step, from which a step belongs to the edge and not to shading


def edge_width(distance: Array, background: Array) -> float:
    """Return the usual width of the edges in working px, 0 for hard ones.

    Each pixel of the outline has a profile: the color distance along a row or a column, from
    outside to inside. Its largest step and the neighboring steps of a similar size are the edge;
    smaller ones further inside are the subject's own shading. A light rim of a round subject thus
    does not count as a wide edge. The effective number of steps is their participation ratio,
    (sum)^2 / sum of squares: 1 for a hard edge and 3.5 sigma for one with Gaussian blur. The
    median over the outline is robust to parts of it that are out of focus or covered.

    Args:
        distance: (h, w) uint8 color distance from the background.
        background: (h, w) uint8 mask, 1 where the image is background.
    """
    steps = np.diff(_profiles(distance, background), axis=1)
    steps = np.maximum(steps, 0)
    peak = steps[:, : 2 * _OUTSIDE].argmax(axis=1)
    rows = np.arange(len(steps))
    largest = steps[rows, peak]
    strong = largest >= _MIN_STEP
    if not strong.any():
        return 0.0
    steps, peak, largest = steps[strong], peak[strong], largest[strong]
    steps *= _connected_run(steps >= _MIN_SHARE * largest[:, None], peak)
    total, squares = steps.sum(axis=1), (steps**2).sum(axis=1)
    return float(np.median(total**2 / squares)) - 1


def _profiles(distance: Array, background: Array) -> Array:
    """Return profiles across the outline, evenly chosen: (n, _OUTSIDE + _INSIDE) float32."""
    flat, outside = distance.ravel(), background.ravel()
    span = np.arange(-_OUTSIDE, _INSIDE)
    found = []
    for pitch in (distance.shape[1], 1):
        before = np.flatnonzero((outside[pitch:] ^ outside[:-pitch]).view(bool))
        before = before[:: len(before) // _MAX_PROFILES + 1]
        entering = outside[before] > 0
        first = before + pitch * entering
        direction = np.where(entering, pitch, -pitch)
        found.append(flat.take(first[:, None] + direction[:, None] * span, mode="clip"))
    return np.concatenate(found).astype(np.float32)


def _connected_run(mask: Array, start: Array) -> Array:
    """Return the part of each row's run of true values that contains its start."""
    columns = np.arange(mask.shape[1])
    gaps = ~mask
    left = np.where(gaps & (columns < start[:, None]), columns, -1).max(axis=1)
    right = np.where(gaps & (columns > start[:, None]), columns, len(columns)).min(axis=1)
    return np.asarray((columns > left[:, None]) & (columns < right[:, None]))
