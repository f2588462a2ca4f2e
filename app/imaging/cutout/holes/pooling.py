"""Let enclosed regions that belong together be decided together."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.cutout.holes import context, features

Array = npt.NDArray[Any]

FEATURES = features.NAMES + context.NAMES
# A line drawing: thin dark strokes around mostly background color.
_MAX_FILL, _MIN_DARK, _MAX_VIVID, _MIN_ENCLOSED = 0.3, 0.45, 0.15, 0.35
_SIMILAR_AREA, _SIMILAR_SHAPE, _SIMILAR_PLACE = 0.6, 0.25, 0.25
_MAX_SPREAD = 2.0  # log-odds from the mean within which similar regions are decided together


def pool(log_odds: Array, measured: Array) -> Array:
    """Return log-odds that agree within a line drawing, and among repeated regions.

    Args:
        log_odds: (n,) of each region, that it is subject.
        measured: (n, k) features in the order of `FEATURES`, largest region first.
    """
    if is_line_art(measured):
        weights = np.sqrt(_column(measured, "area_to_image"))
        return np.full(len(log_odds), float(np.average(log_odds, weights=weights)))
    similar = _find_repetitions(measured)
    near = np.abs(log_odds[:, None] - log_odds) <= _MAX_SPREAD
    weights = (similar & near).astype(np.float64)
    np.fill_diagonal(weights, 1.0)
    return np.asarray(weights @ log_odds / weights.sum(axis=1))


def is_line_art(measured: Array) -> bool:
    """Return whether the image is a line drawing."""
    first = measured[:1]
    return bool(
        _column(first, "fill_share") <= _MAX_FILL
        and _column(first, "dark_share") >= _MIN_DARK
        and _column(first, "color_share") <= _MAX_VIVID
        and _column(first, "total_area") >= _MIN_ENCLOSED
    )


def _find_repetitions(measured: Array) -> Array:
    """Return which regions are of equal size, shape and surroundings."""
    area, elongation, concavity, ring, wall = (
        _column(measured, name)
        for name in ("area_to_image", "elongation", "concavity", "ring_mean", "wall_min")
    )
    ratio = np.minimum.outer(area, area) / np.maximum.outer(area, area)
    shape = np.minimum.outer(elongation, elongation) / np.maximum.outer(elongation, elongation)
    return np.asarray(
        (ratio >= _SIMILAR_AREA)
        & (shape >= 1 - _SIMILAR_SHAPE)
        & (np.abs(np.subtract.outer(concavity, concavity)) <= 1.0)
        & (np.abs(np.subtract.outer(ring, ring)) <= 24)
        & (np.abs(np.subtract.outer(wall, wall)) <= 4)
    )


def _column(measured: Array, name: str) -> Array:
    return np.asarray(measured[:, FEATURES.index(name)], np.float64)
