"""Prepare an image for the network: relative to its background, with what encloses it."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

SIDE = 256  # px: of the network's input
CHANNELS = 7
_MIN_LEVEL = 32.0  # a darker background is treated as this dark
_MAX_RATIO = 1.25  # of a pixel to the background
_CONTRAST, _DISTANCE = 24.0, 16.0  # levels that fill the range of a channel
_SAME_COLOR = 10  # levels from the background's color up to which the outside spreads
_SMOOTH_STEP = 3  # levels between neighboring pixels up to which a smooth outside spreads


def fit(image: Array, color: Array) -> tuple[Array, tuple[int, int, int, int]]:
    """Shrink an image into a square and pad it with a color.

    Args:
        image: (h, w, 3) uint8 BGR.
        color: (3,) BGR levels.

    Returns:
        (SIDE, SIDE, 3) uint8, and the top, bottom, left and right of the image in it.
    """
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    h, w = (max(1, round(side * scale)) for side in (height, width))
    if (h, w) != (height, width):
        image = np.asarray(cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA))
    top, left = (SIDE - h) // 2, (SIDE - w) // 2
    square = np.empty((SIDE, SIDE, 3), np.uint8)
    square[:] = np.clip(np.rint(color), 0, 255).astype(np.uint8)
    square[top : top + h, left : left + w] = image
    return square, (top, top + h, left, left + w)


def to_channels(square: Array, color: Array) -> Array:
    """Return the network's input.

    The channels are the color relative to the background (three), brightness and distance from the
    background at a high gain, and two masks of what a flood fill from the border reaches: one of
    the background's color, and one that follows gradients.

    Args:
        square: (SIDE, SIDE, 3) uint8 BGR.
        color: (3,) BGR levels of the background.

    Returns:
        (CHANNELS, SIDE, SIDE) float32.
    """
    level = np.asarray(color, np.float32)
    out = np.empty((CHANNELS, SIDE, SIDE), np.float32)
    brightness, distance = out[3], out[4]
    brightness[:] = distance[:] = 0
    for channel, values in enumerate(cv2.split(square)):
        difference = np.subtract(values, level[channel], dtype=np.float32)
        brightness += difference
        np.maximum(distance, np.abs(difference), out=distance)
        relative = difference * np.float32(1 / max(float(level[channel]), _MIN_LEVEL))
        np.minimum(relative, np.float32(_MAX_RATIO - 1), out=out[channel])
    out[5] = _same_color_outside(distance)
    out[6] = _smooth_outside(square)
    np.clip(brightness * np.float32(1 / 3 / _CONTRAST), -1, 1, out=brightness)
    np.minimum(distance * np.float32(1 / _DISTANCE), 1, out=distance)
    return out


def _same_color_outside(distance: Array) -> Array:
    mask = (distance <= _SAME_COLOR).view(np.uint8)
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(padded, None, (0, 0), 2, flags=4)
    return np.asarray(padded[1:-1, 1:-1] == 2)


def _smooth_outside(square: Array) -> Array:
    padded = cv2.copyMakeBorder(square, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    mask = np.zeros((SIDE + 4, SIDE + 4), np.uint8)
    step, last = (_SMOOTH_STEP,) * 3, SIDE + 1
    for x, y in ((0, 0), (last, 0), (0, last), (last, last)):
        if not mask[y + 1, x + 1]:
            flags = 4 | 1 << 8 | cv2.FLOODFILL_MASK_ONLY
            cv2.floodFill(padded, mask, (x, y), (0, 0, 0), step, step, flags)
    return mask[2:-2, 2:-2]
