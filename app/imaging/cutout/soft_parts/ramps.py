"""Measure the ramps by which soft parts of a subject fade into the background."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_BEFORE, _AFTER = 10, 60  # px of a profile on either side of the outline
_MAX_PROFILES = 700
_MIN_WIDTH = 5.5  # px from which a ramp is a soft part and not an edge
_MIN_RISE = 24.0  # levels that a ramp rises by
_PLATEAU = 0.12  # of the steepest step, below which a ramp has ended
_WINDOW = 3  # px over which it must stay below
_BEYOND = 3  # px into a plateau, where its color is taken
_EDGE_RATIO, _EDGE_STEP = 2.2, 12.0  # times the steepest step so far, and levels, of an edge
_MIN_STEEPEST = 2.0  # levels: less is noise
_NEIGHBORHOOD = (25, 25)  # px, within which the outline must fade alike
_MIN_AGREEMENT = 0.6  # of the outline there
_MIN_SHARE = 0.35  # of the outline of a connected part of the subject
_SMOOTHING = 2.0  # px: sigma over which the direction of profiles is smoothed
_SQUARE_3, _SQUARE_5 = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)


@dataclass(frozen=True)
class Ramps:
    """Ramps from the background into soft parts, along n profiles across the outline.

    Attributes:
        nearest: (h, w) int32 number of the profile that starts nearest to a pixel.
        depth: (h, w) float32 distance of each pixel from the background, px.
        is_soft: (n,) bool, whether the outline is soft at a profile.
        end: (n,) float32 depth at which its ramp ends, px.
        color: (n, 3) float32 BGR, difference from the background there.
        plateau: (n,) float32, 1 where the color stays the same beyond, 0 where an edge follows,
            or between, where neighbors disagree.
    """

    nearest: Array
    depth: Array
    is_soft: Array
    end: Array
    color: Array
    plateau: Array


def measure_ramps(difference: Array, outside: Array, threshold: float) -> Ramps | None:
    """Measure the ramps across the outline; None if no part of it is soft.

    Neighboring ramps are averaged, so that one that ran across a detail has no effect.

    Args:
        difference: (h, w, 3) float32 BGR, image less background.
        outside: (h, w) uint8 mask, 1 where the image is background.
        threshold: levels from the background at which a ramp begins.
    """
    subject = 1 - outside
    depth = np.asarray(cv2.distanceTransform(subject, cv2.DIST_L2, 5))
    rows, columns = np.nonzero(outside & np.asarray(cv2.dilate(subject, _SQUARE_3)))
    step = len(rows) // _MAX_PROFILES + 1
    points = rows[::step], columns[::step]
    if not len(points[0]):
        return None
    colors = _profiles(difference, depth, subject, points)
    gentle, end, plateau = _find_ramps(colors, threshold)
    is_soft = _is_soft(gentle, subject, points)
    if not is_soft.any():
        return None
    color = colors[
        np.arange(len(end)), np.clip(end + _BEYOND * plateau - 1, 0, _BEFORE + _AFTER - 1)
    ]
    values = np.column_stack([color, end - _BEFORE, plateau]).astype(np.float32)
    values = _average(values, gentle, subject.shape, points)
    nearest = _nearest(subject.shape, points)
    return Ramps(nearest, depth, is_soft, values[:, 3], values[:, :3], values[:, 4])


def _profiles(difference: Array, depth: Array, subject: Array, points: tuple[Array, ...]) -> Array:
    """Return the profiles at points of the outline, inwards: (n, _BEFORE + _AFTER, 3)."""
    outer = np.asarray(cv2.distanceTransform(1 - subject, cv2.DIST_L2, 3))
    signed = cv2.GaussianBlur(depth - outer, (0, 0), _SMOOTHING)
    across = np.asarray(cv2.Sobel(signed, cv2.CV_32F, 1, 0, ksize=3))[points]
    down = np.asarray(cv2.Sobel(signed, cv2.CV_32F, 0, 1, ksize=3))[points]
    length = np.maximum(np.hypot(across, down), np.float32(1e-6))
    span = np.arange(-_BEFORE, _AFTER, dtype=np.float32)
    y = points[0].astype(np.float32)[:, None] + (down / length)[:, None] * span
    x = points[1].astype(np.float32)[:, None] + (across / length)[:, None] * span
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(difference, x, y, cv2.INTER_LINEAR, borderMode=border))


def _find_ramps(colors: Array, threshold: float) -> tuple[Array, Array, Array]:
    """Follow each profile from where it leaves the background.

    Its ramp ends where the color stays the same, or at an edge: a step much steeper than all
    before it.

    Returns:
        Whether it is a ramp that is wider than an edge, where it ends, and whether the color
        stays the same there: (n,) bool, int64 and bool.
    """
    strength = np.abs(colors).max(axis=2)
    steps = np.abs(np.diff(colors, axis=1)).max(axis=2)
    count, length = steps.shape
    begin = (strength > threshold).argmax(axis=1)
    index = np.arange(length)
    inside = index >= begin[:, None]
    steepest = np.zeros((count, length + 1), np.float32)
    np.maximum.accumulate(steps * inside, axis=1, out=steepest[:, 1:])
    before = steepest[:, :-1]
    limit = np.maximum(_EDGE_STEP, _EDGE_RATIO * np.maximum(before, _MIN_STEEPEST))
    ahead = np.minimum(index + _WINDOW, length)
    edge = inside & (steps > limit)
    flat = inside & (_largest_ahead(steps) <= limit)
    flat &= strength[:, ahead] - strength[:, :-1] < _PLATEAU * before * (ahead - index)
    flat &= (before > _MIN_STEEPEST / 2) & (strength[:, :-1] > 2 * threshold)
    ends = edge | flat
    each = np.arange(count)
    end = np.where(ends.any(axis=1), ends.argmax(axis=1), length)
    plateau = (end < length) & flat[each, np.minimum(end, length - 1)]
    steepest = steepest[each, end]
    total = strength[each, end] - strength[each, begin]
    width = np.minimum(total / np.maximum(steepest, np.float32(1e-3)), end - begin)
    return (total >= _MIN_RISE) & (width >= _MIN_WIDTH), end, plateau


def _largest_ahead(steps: Array) -> Array:
    """Return the largest of each step and those after it within the window."""
    out = steps.copy()
    for offset in range(1, _WINDOW):
        np.maximum(out[:, :-offset], steps[:, offset:], out=out[:, :-offset])
    return out


def _is_soft(gentle: Array, subject: Array, points: tuple[Array, ...]) -> Array:
    """Return where most of the outline nearby, and much of its part's, is gentle: (n,) bool."""
    counts = np.zeros((*subject.shape, 2), np.float32)
    counts[points] = np.column_stack([gentle, np.ones_like(gentle)])
    nearby = np.asarray(cv2.blur(counts, _NEIGHBORHOOD))[points]
    _, labels = cv2.connectedComponents(cv2.dilate(subject, _SQUARE_5), connectivity=8)
    part = labels[points]
    share = np.bincount(part, weights=gentle) / np.maximum(np.bincount(part), 1)
    agrees = nearby[:, 0] >= _MIN_AGREEMENT * nearby[:, 1]
    return np.asarray(agrees & (share >= _MIN_SHARE)[part] & (nearby[:, 0] > 0))


def _average(
    values: Array, gentle: Array, shape: tuple[int, ...], points: tuple[Array, ...]
) -> Array:
    """Return the means of gentle profiles nearby: (n, k) float32."""
    weighted = np.column_stack([values, np.ones(len(values), np.float32)]) * gentle[:, None]
    plane = np.zeros(shape, np.float32)
    means = []
    for column in weighted.T:
        plane[points] = column
        means.append(np.asarray(cv2.blur(plane, _NEIGHBORHOOD))[points])
    return np.column_stack(means[:-1]) / np.maximum(means[-1], np.float32(1e-9))[:, None]


def _nearest(shape: tuple[int, ...], points: tuple[Array, ...]) -> Array:
    """Return the number of the point that is nearest to each pixel: (h, w) int32."""
    seeds = np.ones(shape, np.uint8)
    seeds[points] = 0
    _, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    numbers = np.zeros(len(points[0]) + 1, np.int32)
    numbers[labels[points]] = np.arange(len(points[0]))
    return np.asarray(numbers[labels])
