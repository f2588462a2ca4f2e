"""Pixels whose colours are weighted by their opacity, so that they may be mixed.

Straight: (h, w, 4) uint8 RGBA. Weighted (premultiplied): (h, w, 4) uint16, red x alpha, green x
alpha, blue x alpha, alpha x 255, each 0..65025, which loses nothing (Porter and Duff, 1984).
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_ROWS = (
    64  # at a time: what is computed in floating point stays small, and in the processor's cache
)


def weighted(straight: Array) -> Array:
    """From straight to weighted."""
    wide = straight.astype(np.uint16)
    alpha = wide[..., 3:].copy()
    wide[..., 3] = 255
    wide *= alpha
    return wide


def straightened(mixed: Array) -> Array:
    """From weighted to straight, rounded; what is fully transparent becomes zeros."""
    out = np.empty(mixed.shape, np.uint8)
    for start in range(0, len(mixed), _ROWS):
        rows = mixed[start : start + _ROWS].astype(np.float32)
        alpha = rows[..., 3:]
        rows[..., :3] *= 255 / np.maximum(alpha, 1)
        alpha *= np.float32(1 / 255)
        rows += np.float32(0.5)
        np.minimum(rows, 255, out=rows)
        part = out[start : start + _ROWS]
        part[...] = rows
        part[part[..., 3] == 0] = 0
    return out


def resized(straight: Array, width: int, height: int) -> Array:
    """Another size: area average downwards, bicubic upwards; transparent pixels lend no colour."""
    if straight.shape[:2] == (height, width):
        return straight
    down = width <= straight.shape[1] and height <= straight.shape[0]
    way = cv2.INTER_AREA if down else cv2.INTER_CUBIC
    mixed = np.asarray(cv2.resize(weighted(straight), (width, height), interpolation=way))
    if not down:  # bicubic overshoots: no colour may be stronger than its opacity
        np.minimum(mixed, 65025, out=mixed)
        np.minimum(mixed[..., :3], mixed[..., 3:], out=mixed[..., :3])
    return straightened(mixed)
