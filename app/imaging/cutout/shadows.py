"""Soft shadows on the background: finding them, and what the paper looks like under them."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.regions import SOLID, TOLERANCE

Array = npt.NDArray[Any]

DARKEST = 130  # levels by which a shadow may darken the paper
NEUTRAL = 10  # levels by which it may tint it
STEP = 1.6  # levels by which a smooth pixel may differ from the mean of its neighbours
FAINT = 0.012  # part of the image that faint grey must cover before shadows are looked for
DEEP = 40  # levels below the background that part of a real shadow passes through
_COARSE = 4  # a shadow is smooth: its color is pooled on an image this much smaller
_RADII = (6, 2, 1)  # px there, over which the paper's color is carried under the subject


def smooth(work: Array, apart: Array, backdrop: Background) -> Array | None:
    """1 where a pixel may be shaded paper, or None where the image has no shadow.

    A shadow darkens all channels alike and has no edges: its second derivative is nearly nothing,
    while even a faint outline's is not. The search only starts when much of the image
    lies a few levels below the background, as the fading end of a shadow does.

    Args:
        work: (h, w, 3) uint8 BGR.
        apart: (h, w) uint8 distance from the background.
        backdrop: the background.
    """
    slack = 3 * backdrop.noise
    faint = cv2.inRange(apart, SOLID + slack, TOLERANCE + slack)
    flat = STEP + 3 * backdrop.noise
    if cv2.countNonZero(faint) < FAINT * apart.size:
        return None
    grey = cv2.cvtColor(work, cv2.COLOR_BGR2GRAY).astype(np.float32)
    bend = cv2.absdiff(grey, cv2.blur(grey, (3, 3)))
    blue, green, red = cv2.split(work)
    low, high = cv2.min(cv2.min(blue, green), red), cv2.max(cv2.max(blue, green), red)
    even = cv2.subtract(high, low) <= NEUTRAL + slack
    found = (bend <= flat) & even & (apart <= DARKEST)
    return found.view(np.uint8)


def real(apart: Array, shaded: Array, backdrop: Background) -> bool:
    """Whether the smooth pixels that join the outside grade from faint to deep, as shadows do.

    Cream paint has one depth, ringing around edges is not smooth: neither passes.

    Args:
        apart: (h, w) uint8 distance from the background.
        shaded: (h, w) uint8, 1 where shaded paper would join the outside.
        backdrop: the background.
    """
    low, middle = SOLID + 3 * backdrop.noise, TOLERANCE + 3 * backdrop.noise
    depths = cv2.calcHist([apart], [0], shaded, [256], [0, 256]).ravel()
    faint = depths[int(low) + 1 : int(middle) + 1].sum()
    deep = depths[int(middle) + 1 : DEEP + 1].sum()
    return bool(faint >= FAINT * 0.8 * apart.size and deep >= FAINT * 0.4 * apart.size)


def paper_under(work: Array, paper: Array, backdrop: Background) -> Array:
    """Color of the background, shade included, on a coarse image: (h / 4, w / 4, 3) float32 BGR.

    Known where the paper shows; elsewhere the mean of what shows nearby (normalized convolution,
    Knutsson and Westin, 1993), and the plain background where nothing does. A shadow is smooth, so
    `cv2.resize` gives it at any size.
    """
    height, width = paper.shape
    size = (max(1, width // _COARSE), max(1, height // _COARSE))
    seen = np.zeros_like(work)
    cv2.copyTo(work, paper, seen)
    small = cv2.resize(seen, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = cv2.resize(paper * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    both = np.dstack([small, weight.astype(np.float32) * np.float32(1 / 255)])
    out = np.empty((size[1], size[0], 3), np.float32)
    out[:] = backdrop.color
    for radius in _RADII:
        pooled = cv2.blur(both, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REPLICATE)
        share = pooled[..., 3:]
        mean = pooled[..., :3] / np.maximum(share, np.float32(1e-6))
        out = np.where(share > 0.02, mean, out)
    return out
