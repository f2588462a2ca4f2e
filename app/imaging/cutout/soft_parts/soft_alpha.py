"""Estimate the opacity of soft parts."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background, subtract_background
from app.imaging.cutout.segmentation import Segmentation
from app.imaging.cutout.soft_parts.candidates import may_be_soft
from app.imaging.cutout.soft_parts.ramps import Ramps, measure_ramps

Array = npt.NDArray[Any]

_THRESHOLD = 3.0  # levels beyond noise at which a ramp begins
_PURITY = 0.7  # power of the ratio by which a glow's color may grow until a channel is 0 or 255
_MIN_CHANNEL = 0.25  # of the largest difference, from which a channel limits that ratio
_SLACK = 4.0  # px by which a glow may reach deeper than its ramp was measured
_OFF_COLOR, _OFF_COLOR_SHARE = 10.0, 0.15  # levels; and of the difference: the subject begins
_VISIBLE = 1.5  # levels beyond noise, from which a rim is more than the background
_SQUARE_25 = np.ones((25, 25), np.uint8)  # within its half of the outline such a rim lies
_MAX_ALPHA = 1.1  # more is a stronger color than the soft part's


def soften(image: Array, found: Segmentation, background: Background, alpha: Array) -> Array:
    """Make soft parts of the subject as transparent as they are.

    A soft part fades into the background over more than a few pixels, without an edge. All its
    colors lie on one line from the background B to its own color F, so opacity is the position
    on it (Mishima, 1992). F is known where the ramp levels off, as in a feathered outline. In a
    glow, an edge ends the ramp before; then F lies further along the line, at most where a
    channel reaches 0 or 255, where opacity would be the least that is possible.

    Args:
        image: (h, w, 3) uint8 BGR.
        found: the segmented image.
        background: the background.
        alpha: (h, w) uint8, opacity without soft parts.

    Returns:
        (h, w) uint8; `alpha` itself if no part is soft.
    """
    if not may_be_soft(found.distance, found.background, background):
        return alpha
    difference = subtract_background(image, found.color)
    ramps = measure_ramps(difference, found.background, _THRESHOLD + 3 * background.noise)
    if ramps is None:
        return alpha
    reach = np.where(ramps.is_soft, ramps.end + _SLACK * (1 - ramps.plateau), -1)
    near = cv2.dilate(1 - found.background, _SQUARE_25)
    visible = (found.distance > _VISIBLE + 3 * background.noise) & near.view(bool)
    pixels = np.flatnonzero(visible & (ramps.depth <= reach.astype(np.float32)[ramps.nearest]))
    number = ramps.nearest.ravel().take(pixels)
    pure = _pure_color(ramps, background.color)
    weight = pure / np.einsum("ij,ij->i", pure, pure)[:, None]
    observed = difference.reshape(-1, 3).take(pixels, axis=0)
    share = np.einsum("ij,ij->i", observed, weight.take(number, axis=0))
    observed -= share[:, None] * pure.take(number, axis=0)
    off_color = np.abs(observed).max(axis=1)
    limit = _OFF_COLOR + _OFF_COLOR_SHARE * found.distance.ravel().take(pixels)
    belongs = (off_color <= limit) & (share <= _MAX_ALPHA)
    out = alpha.copy()
    out.reshape(-1)[pixels[belongs]] = np.clip(share[belongs] * 255 + 0.5, 0, 255)
    return out


def _pure_color(ramps: Ramps, background: Array) -> Array:
    """Return the soft part's own color at each profile, less the background's: (n, 3)."""
    difference = np.where(np.abs(ramps.color) < 1, np.float32(1), ramps.color)
    room = np.where(difference < 0, -background, 255 - background)
    size = np.abs(difference)
    limits = size >= _MIN_CHANNEL * size.max(axis=1, keepdims=True)
    growth = np.where(limits, room / difference, np.inf).min(axis=1)
    exponent = _PURITY * (1 - ramps.plateau)
    return np.asarray(difference * (np.maximum(growth, 1) ** exponent)[:, None], np.float32)
