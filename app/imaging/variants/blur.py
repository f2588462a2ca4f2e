"""Effects that mix a pixel with its neighbours, each by its opacity."""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.variants.premultiply import straightened, weighted

Array = npt.NDArray[Any]

_DETAIL = 1.0  # px: standard deviation of what sharpening takes for the blurred image
_EXACT = 4.0  # px: wider Gaussians are three boxes
_BOXES = 3


def blurred(image: Array, deviation: float) -> Array:
    """A Gaussian blur; beyond the image there is nothing, as in CSS.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
        deviation: standard deviation, px.
    """
    return straightened(gaussian(weighted(image), deviation))


def sharpened(image: Array, factor: float) -> Array:
    """Colors `factor` times as far from those of the blurred image; opacity is kept.

    0 is the blurred image's color, 1 is unchanged, more is an unsharp mask.
    """
    soft = blurred(image, _DETAIL)
    out = cv2.addWeighted(image, factor, soft, 1 - factor, 0)
    out[..., 3] = image[..., 3]
    return np.asarray(out)


def pixelated(image: Array, px: float) -> Array:
    """Mean colors of a grid of equal cells, as near to `px` wide and high as fits."""
    height, width = image.shape[:2]
    cells = max(1, round(width / px)), max(1, round(height / px))
    means = cv2.resize(weighted(image), cells, interpolation=cv2.INTER_AREA)
    means = straightened(np.asarray(means).reshape(cells[1], cells[0], 4))
    return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_NEAREST_EXACT))


def gaussian(plane: Array, deviation: float) -> Array:
    """A blur of any (h, w) or (h, w, n) uint16 array with zeros around it.

    Wide ones are boxes one after the other, which take the same time whatever their width (Kovesi,
    "Fast Almost-Gaussian Filtering", 2010).
    """
    if deviation <= 0:
        return plane
    if deviation < _EXACT:
        side = 2 * math.ceil(4 * deviation) + 1
        return np.asarray(
            cv2.GaussianBlur(plane, (side, side), deviation, borderType=cv2.BORDER_CONSTANT)
        )
    sides = _boxes(deviation)
    margin = sum(sides) // 2  # or what the first box carries beyond the border would be lost
    plane = cv2.copyMakeBorder(plane, *(margin,) * 4, cv2.BORDER_CONSTANT, value=0)
    for side in sides:
        plane = np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_CONSTANT))
    return plane[margin:-margin, margin:-margin]


def _boxes(deviation: float) -> list[int]:
    """Odd widths, two apart at most, whose variances add up to the Gaussian's."""
    square = 12 * deviation**2
    narrow = (math.floor(math.sqrt(square / _BOXES + 1)) - 1) // 2 * 2 + 1
    wide = round((square - _BOXES * (narrow**2 - 1)) / (4 * narrow + 4))
    return [narrow] * (_BOXES - wide) + [narrow + 2] * wide
