"""How the square lies in the result: rotated, flipped, fitted, padded."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.variants.premultiply import resized
from app.imaging.variants.variant import Variant

Array = npt.NDArray[Any]

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def framed(square: Array, variant: Variant) -> Array:
    """The square, of the side that the variant says, on a canvas of the result's size."""
    image = _fitted(_turned(square, variant), variant)
    height, width = image.shape[:2]
    if (width, height) == (variant.width, variant.height):
        return image
    canvas = np.zeros((variant.height, variant.width, 4), np.uint8)
    top, left = (variant.height - height) // 2, (variant.width - width) // 2
    canvas[top : top + height, left : left + width] = image
    return canvas


def _turned(square: Array, variant: Variant) -> Array:
    degrees, mirrored = variant.turned
    if degrees:
        square = np.asarray(cv2.rotate(square, _TURNS[degrees]))
    return np.asarray(cv2.flip(square, 1)) if mirrored else square


def _fitted(square: Array, variant: Variant) -> Array:
    width, height = variant.inner
    if variant.fit == "fill":
        return resized(square, width, height)
    if variant.fit == "contain":
        return square
    top, left = (len(square) - height) // 2, (len(square) - width) // 2
    return np.ascontiguousarray(square[top : top + height, left : left + width])
