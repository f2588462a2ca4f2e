"""Rotate, flip, fit and pad the square into the output."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.variants.premultiply import resize
from app.imaging.variants.variant import Variant

Array = npt.NDArray[Any]

_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def arrange(square: Array, variant: Variant) -> Array:
    """Place the square on a canvas of the variant's size.

    Args:
        square: (side, side, 4) uint8 RGBA, of the variant's side.
        variant: its rotation, flip, fit and padding are used.

    Returns:
        (height, width, 4) uint8 RGBA.
    """
    image = _fit(_orient(square, variant), variant)
    height, width = image.shape[:2]
    if (width, height) == (variant.width, variant.height):
        return image
    canvas = np.zeros((variant.height, variant.width, 4), np.uint8)
    top, left = (variant.height - height) // 2, (variant.width - width) // 2
    canvas[top : top + height, left : left + width] = image
    return canvas


def _orient(square: Array, variant: Variant) -> Array:
    degrees, mirrored = variant.orientation
    if degrees:
        square = np.asarray(cv2.rotate(square, _ROTATIONS[degrees]))
    return np.asarray(cv2.flip(square, 1)) if mirrored else square


def _fit(square: Array, variant: Variant) -> Array:
    width, height = variant.inner_size
    if variant.fit == "fill":
        return resize(square, width, height)
    if variant.fit == "contain":
        return square
    top, left = (len(square) - height) // 2, (len(square) - width) // 2
    return np.ascontiguousarray(square[top : top + height, left : left + width])
