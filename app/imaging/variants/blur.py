"""Filters that combine a pixel with its neighbors, weighted by alpha."""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.variants.premultiply import premultiply, unpremultiply

Array = npt.NDArray[Any]

_SHARPEN_SIGMA = 1.0  # px: of the blurred image that sharpening compares with
_MAX_EXACT_SIGMA = 4.0  # px: wider Gaussians are approximated by three boxes
_BOXES = 3
_MAX_FULL_SIGMA = 64.0  # px: wider Gaussians leave no detail, and are computed on a smaller image


def blur(image: Array, sigma: float) -> Array:
    """Blur by a Gaussian; as in CSS, the image is surrounded by transparency.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
        sigma: standard deviation, px.
    """
    return unpremultiply(gaussian_blur(premultiply(image), sigma))


def sharpen(image: Array, factor: float) -> Array:
    """Scale the difference of colors from the blurred image; alpha is kept.

    A factor of 0 gives the blurred image's color, 1 changes nothing, more is an unsharp mask.
    """
    soft = blur(image, _SHARPEN_SIGMA)
    out = cv2.addWeighted(image, factor, soft, 1 - factor, 0)
    out[..., 3] = image[..., 3]
    return np.asarray(out)


def pixelate(image: Array, px: float) -> Array:
    """Average over a grid of equal cells of about `px` x `px`."""
    height, width = image.shape[:2]
    cells = max(1, round(width / px)), max(1, round(height / px))
    means = cv2.resize(premultiply(image), cells, interpolation=cv2.INTER_AREA)
    means = unpremultiply(np.asarray(means).reshape(cells[1], cells[0], 4))
    return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_NEAREST_EXACT))


def gaussian_blur(plane: Array, sigma: float) -> Array:
    """Blur an (h, w) or (h, w, n) uint16 array that is surrounded by zeros.

    Wide blurs are a sequence of boxes, which takes the same time whatever their width (Kovesi,
    "Fast Almost-Gaussian Filtering", 2010).
    """
    if sigma <= 0:
        return plane
    if sigma > _MAX_FULL_SIGMA:
        return _blur_smaller(plane, sigma)
    if sigma < _MAX_EXACT_SIGMA:
        side = 2 * math.ceil(4 * sigma) + 1
        return np.asarray(
            cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_CONSTANT)
        )
    sides = _box_widths(sigma)
    margin = sum(sides) // 2  # keeps what the first box spreads beyond the border
    plane = cv2.copyMakeBorder(plane, *(margin,) * 4, cv2.BORDER_CONSTANT, value=0)
    for side in sides:
        plane = np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_CONSTANT))
    return plane[margin:-margin, margin:-margin]


def _blur_smaller(plane: Array, sigma: float) -> Array:
    shrink = math.ceil(sigma / _MAX_FULL_SIGMA)
    height, width = plane.shape[:2]
    size = (math.ceil(width / shrink), math.ceil(height / shrink))
    smaller = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
    soft = gaussian_blur(smaller, sigma / shrink)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR))


def _box_widths(sigma: float) -> list[int]:
    """Return odd widths whose variances add up to the Gaussian's."""
    square = 12 * sigma**2
    narrow = (math.floor(math.sqrt(square / _BOXES + 1)) - 1) // 2 * 2 + 1
    wide = round((square - _BOXES * (narrow**2 - 1)) / (4 * narrow + 4))
    return [narrow] * (_BOXES - wide) + [narrow + 2] * wide
