"""Backgrounds whose color or tolerance the caller states, instead of measured ones."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background, border_pixels, estimate_background
from app.imaging.cutout.options import CutoutOptions

Array = npt.NDArray[Any]

_NEARBY = 12.0  # levels from the stated color within which the border shows its exact value
_MIN_SHARE = 0.01  # of the border that must be so close


def find_background(image: Array, options: CutoutOptions) -> Background:
    """Return the background that the caller states; what is not stated is measured.

    Args:
        image: (h, w, 3) uint8 BGR.
        options: what the caller decides.
    """
    if options.background:
        found = _measure_around(image, options.background)
    else:
        found = estimate_background(image)
    return found if options.tolerance is None else replace(found, tolerance=options.tolerance)


def _measure_around(image: Array, color: str) -> Background:
    """Measure the background near a stated color.

    People state colors in whole levels, and often slightly wrong. The mean of the border's pixels
    near the color is more precise; if there are none, the color is taken as stated.
    """
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    stated = np.array([blue, green, red], np.float32)
    border = border_pixels(image)
    matching = border[np.abs(border - stated).max(axis=1) <= _NEARBY].astype(np.float64)
    share = len(matching) / len(border)
    if share < _MIN_SHARE:
        return Background(stated, 0.0, share, is_stated=True)
    mean, noise = matching.mean(axis=0).astype(np.float32), float(matching.std(axis=0).mean())
    return Background(mean, noise, share, is_stated=True)
