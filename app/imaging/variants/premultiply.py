"""Convert to and from premultiplied alpha, so that pixels may be averaged.

Straight: (h, w, 4) uint8 RGBA. Premultiplied: (h, w, 4) uint16, red x alpha, green x alpha,
blue x alpha, alpha x 255, each 0..65025, which is lossless (Porter and Duff, 1984).
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_BLOCK = 65536  # pixels at a time in floating point, which takes eight times the memory


def premultiply(image: Array) -> Array:
    """Convert straight to premultiplied alpha."""
    out = image.astype(np.uint16)
    alpha = out[..., 3:].copy()
    out[..., 3] = 255
    out *= alpha
    return out


def unpremultiply(premultiplied: Array) -> Array:
    """Convert premultiplied to straight alpha, rounded.

    Fully transparent pixels become zeros. Only partly transparent pixels need a division.
    """
    out = np.asarray(cv2.convertScaleAbs(premultiplied, alpha=1 / 255))
    alpha, flat, source = out[..., 3].ravel(), out.reshape(-1, 4), premultiplied.reshape(-1, 4)
    flat[alpha == 0] = 0
    partial = np.flatnonzero((alpha - np.uint8(1)) < np.uint8(254))
    for start in range(0, len(partial), _BLOCK):
        block = partial[start : start + _BLOCK]
        pixels = source[block].astype(np.float32)
        color = pixels[:, :3] * (255 / pixels[:, 3:]) + np.float32(0.5)
        flat[block, :3] = np.minimum(color, 255)
    return out


def resize(image: Array, width: int, height: int) -> Array:
    """Resize a straight image so that transparent pixels contribute no color.

    Averages by area downwards and interpolates bicubically upwards.
    """
    if image.shape[:2] == (height, width):
        return image
    smaller = width <= image.shape[1] and height <= image.shape[0]
    method = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    resized = cv2.resize(premultiply(image), (width, height), interpolation=method)
    return unpremultiply(np.asarray(resized))
