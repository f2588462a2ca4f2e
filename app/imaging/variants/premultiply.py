"""Pixels whose colors are weighted by their opacity, so that they may be mixed.

Straight: (h, w, 4) uint8 RGBA. Weighted (premultiplied): (h, w, 4) uint16, red x alpha, green x
alpha, blue x alpha, alpha x 255, each 0..65025, which loses nothing (Porter and Duff, 1984).
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_BLOCK = 65536  # pixels at a time in floating point, which takes eight times the memory


def weighted(straight: Array) -> Array:
    """From straight to weighted."""
    wide = straight.astype(np.uint16)
    alpha = wide[..., 3:].copy()
    wide[..., 3] = 255
    wide *= alpha
    return wide


def straightened(mixed: Array) -> Array:
    """From weighted to straight, rounded; what is fully transparent becomes zeros.

    Only where a pixel is neither opaque nor transparent is there anything to divide by.
    """
    out = np.asarray(cv2.convertScaleAbs(mixed, alpha=1 / 255))
    levels, flat, source = out[..., 3].ravel(), out.reshape(-1, 4), mixed.reshape(-1, 4)
    flat[levels == 0] = 0
    partial = np.flatnonzero((levels - np.uint8(1)) < np.uint8(254))
    for start in range(0, len(partial), _BLOCK):
        here = partial[start : start + _BLOCK]
        pixels = source[here].astype(np.float32)
        color = pixels[:, :3] * (255 / pixels[:, 3:]) + np.float32(0.5)
        flat[here, :3] = np.minimum(color, 255)
    return out


def resized(straight: Array, width: int, height: int) -> Array:
    """Another size: area average downwards, bicubic upwards; transparent pixels lend no color."""
    if straight.shape[:2] == (height, width):
        return straight
    down = width <= straight.shape[1] and height <= straight.shape[0]
    way = cv2.INTER_AREA if down else cv2.INTER_CUBIC
    mixed = np.asarray(cv2.resize(weighted(straight), (width, height), interpolation=way))
    return straightened(mixed)
