"""Clean the alpha channel of an image, or lay the image on a color.

Image models leave a veil where alpha should be 0, and don't quite reach 255 where it should.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

VEIL = 7  # levels up to which alpha counts as 0; from 255 - VEIL on it counts as 255
MIN_OPAQUE_MEAN = 253.7  # levels of alpha from which an image is nearly all opaque
_SOFT_SIZE = 512  # px: longer side of the image on which soft parts are searched
_MIN_SOFT_WIDTH, _SOFT_REACH = 7, 20  # px there: more than an edge; of the ends of a gradient
_CORNER = 4  # px: rounded corners are transparent here
_LEVELS = np.arange(256)
_CLEANED = np.select([_LEVELS <= VEIL, _LEVELS >= 255 - VEIL], [0, 255], _LEVELS).astype(np.uint8)


def clean_alpha(pixels: Array) -> Array:
    """Remove the veil: alpha 1 to 7 becomes 0, and 248 to 254 becomes 255.

    All other levels stay as they are. Near wide soft parts, such as a glow or a shadow, these
    levels belong to the gradient, and stay, too.

    Args:
        pixels: (h, w, 4) uint8 BGRA.
    """
    alpha = alpha_of(pixels)
    cleaned = np.asarray(cv2.LUT(alpha, _CLEANED))
    near_soft = _near_wide_gradients(alpha)
    if near_soft is not None:
        cv2.copyTo(alpha, near_soft, cleaned)
    out = pixels.copy()
    cv2.insertChannel(cleaned, out, 3)
    return out


def _near_wide_gradients(alpha: Array) -> Array | None:
    """Return a mask of what is near soft parts wider than an edge, or None."""
    height, width = alpha.shape
    scale = min(1.0, _SOFT_SIZE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_NEAREST)
    soft = cv2.inRange(small, VEIL + 1, 254 - VEIL)
    wide = cv2.erode(soft, np.ones((_MIN_SOFT_WIDTH,) * 2, np.uint8))
    if not cv2.countNonZero(wide):
        return None
    near = cv2.dilate(wide, np.ones((2 * _SOFT_REACH + 1,) * 2, np.uint8))
    return np.asarray(cv2.resize(near, (width, height), interpolation=cv2.INTER_NEAREST))


def is_nearly_opaque(pixels: Array) -> bool:
    """Return whether (h, w, 4) BGRA is opaque but for a few pixels, which mean nothing.

    An image with rounded corners is not.
    """
    alpha = alpha_of(pixels)
    near, far = slice(0, _CORNER), slice(-_CORNER, None)
    corners = (alpha[near, near], alpha[near, far], alpha[far, near], alpha[far, far])
    has_corners = all(int(corner.min()) == 255 for corner in corners)
    return has_corners and float(cv2.mean(alpha)[0]) >= MIN_OPAQUE_MEAN


def lay_on(image: Array, color: Array) -> Array:
    """Lay an image on a color.

    Args:
        image: (h, w, 4) uint8, straight alpha.
        color: (3,) in the order of the image's channels.

    Returns:
        (h, w, 3) uint8, in the same order.
    """
    alpha = alpha_of(image)
    clear = 255 - alpha
    planes = [
        cv2.add(
            cv2.multiply(plane, alpha, scale=1 / 255),
            cv2.multiply(clear, np.full_like(clear, round(float(level))), scale=1 / 255),
        )
        for plane, level in zip(cv2.split(image)[:3], color, strict=True)
    ]
    return np.asarray(cv2.merge(planes))


def alpha_of(image: Array) -> Array:
    """Return the alpha channel of (h, w, 4) as a contiguous plane."""
    return np.asarray(cv2.extractChannel(image, 3))
