"""Estimate the color of the background where shadows lie on it."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_SCALE = 4  # a shadow is smooth: its color is averaged on an image this much smaller
_RADII = (6, 2, 1)  # px there, over which the background's color extends below the subject


def shaded_background(image: Array, mask: Array, base: Array) -> Array:
    """Estimate the background's color, shadow included, on a smaller image.

    The color is known where the background is visible. Elsewhere it is the mean of what is
    visible nearby (normalized convolution, Knutsson and Westin, 1993), or the plain background
    where nothing is. A shadow is smooth, so `cv2.resize` gives it at any size.

    Args:
        image: (h, w, 3) uint8 BGR.
        mask: (h, w) uint8, 1 where the image is background.
        base: color of the background without a shadow, (3,) or of any size; float32 BGR.

    Returns:
        (h / 2, w / 2, 3) float32 BGR.
    """
    height, width = mask.shape
    visible = np.zeros_like(image)
    cv2.copyTo(image, mask, visible)
    out: Any = base
    for scale, radii in ((_SCALE, _RADII), (2, (1,))):
        size = (max(1, width // scale), max(1, height // scale))
        color = cv2.resize(visible, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        weight = cv2.resize(mask * np.uint8(255), size, interpolation=cv2.INTER_AREA)
        share = weight.astype(np.float32) * np.float32(1 / 255)
        stacked: Any = cv2.merge([*cv2.split(color), share])
        out = spread(out, size)
        for radius in radii:
            means = cv2.blur(stacked, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REPLICATE)
            *planes, share = (np.asarray(plane) for plane in cv2.split(means))
            known = (share > 0.02).view(np.uint8)
            share = np.maximum(share, np.float32(1e-6))
            cv2.copyTo(cv2.merge([plane / share for plane in planes]), known, out)
    return np.asarray(out)


def spread(color: Array, size: tuple[int, int]) -> Array:
    """Return a color, or an image of any size, as an image of this width and height."""
    if color.ndim == 3:
        return np.asarray(cv2.resize(color, size, interpolation=cv2.INTER_LINEAR))
    return np.full((size[1], size[0], 3), color, np.float32)
