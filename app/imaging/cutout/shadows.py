"""Detect soft shadows on the background and estimate its color under them."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.regions import SOLID_TOLERANCE, TOLERANCE

Array = npt.NDArray[Any]

MAX_DARKENING = 130  # levels by which a shadow may darken the background
MAX_TINT = 10  # levels by which it may tint it
MAX_CURVATURE = 1.6  # levels by which a smooth pixel may differ from the mean of its neighbors
MIN_FAINT_SHARE = 0.012  # of the image that faint gray must cover to search for a shadow
DEEP = 40  # levels below the background that part of a shadow passes through
_SCALE = 4  # a shadow is smooth: its color is averaged on an image this much smaller
_RADII = (6, 2, 1)  # px there, over which the background's color extends below the subject


def shadow_candidates(image: Array, distance: Array, background: Background) -> Array | None:
    """Return a mask of the pixels that may be shaded background, or None.

    A shadow darkens all channels alike and has no edges: its second derivative is nearly zero,
    while even a faint outline's is not. The search only starts when much of the image lies a few
    levels below the background, as the fading end of a shadow does.

    Args:
        image: (h, w, 3) uint8 BGR.
        distance: (h, w) uint8 color distance from the background.
        background: the background.

    Returns:
        (h, w) uint8, 1 where a pixel may be shaded background; None if there is no shadow.
    """
    slack = 3 * background.noise
    faint = cv2.inRange(distance, SOLID_TOLERANCE + slack, TOLERANCE + slack)
    if cv2.countNonZero(faint) < MIN_FAINT_SHARE * distance.size:
        return None
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    curvature = cv2.absdiff(gray, cv2.blur(gray, (3, 3)))
    blue, green, red = cv2.split(image)
    low, high = cv2.min(cv2.min(blue, green), red), cv2.max(cv2.max(blue, green), red)
    neutral = cv2.subtract(high, low) <= MAX_TINT + slack
    smooth = curvature <= MAX_CURVATURE + 3 * background.noise
    return (smooth & neutral & (distance <= MAX_DARKENING)).view(np.uint8)


def is_shadow(distance: Array, shaded: Array, background: Background) -> bool:
    """Return whether the candidates are a shadow.

    A shadow grades from faint to deep where it joins the outside. Cream color has a single depth,
    and ringing around edges is not smooth: both fail.

    Args:
        distance: (h, w) uint8 color distance from the background.
        shaded: (h, w) uint8 mask, 1 where shaded background would join the outside.
        background: the background.
    """
    slack = 3 * background.noise
    low, middle = SOLID_TOLERANCE + slack, TOLERANCE + slack
    histogram = cv2.calcHist([distance], [0], shaded, [256], [0, 256]).ravel()
    faint = histogram[int(low) + 1 : int(middle) + 1].sum()
    deep = histogram[int(middle) + 1 : DEEP + 1].sum()
    return bool(
        faint >= MIN_FAINT_SHARE * 0.8 * distance.size
        and deep >= MIN_FAINT_SHARE * 0.4 * distance.size
    )


def shaded_background(image: Array, mask: Array, background: Background) -> Array:
    """Estimate the background's color, shadow included, on a coarse image.

    The color is known where the background is visible. Elsewhere it is the mean of what is
    visible nearby (normalized convolution, Knutsson and Westin, 1993), or the plain background
    where nothing is. A shadow is smooth, so `cv2.resize` gives it at any size.

    Args:
        image: (h, w, 3) uint8 BGR.
        mask: (h, w) uint8, 1 where the image is background.
        background: the background.

    Returns:
        (h / 4, w / 4, 3) float32 BGR.
    """
    height, width = mask.shape
    size = (max(1, width // _SCALE), max(1, height // _SCALE))
    visible = np.zeros_like(image)
    cv2.copyTo(image, mask, visible)
    color = cv2.resize(visible, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = cv2.resize(mask * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    stacked = np.dstack([color, weight.astype(np.float32) * np.float32(1 / 255)])
    out = np.empty((size[1], size[0], 3), np.float32)
    out[:] = background.color
    for radius in _RADII:
        means = cv2.blur(stacked, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REPLICATE)
        share = means[..., 3:]
        mean = means[..., :3] / np.maximum(share, np.float32(1e-6))
        out = np.where(share > 0.02, mean, out)
    return out
