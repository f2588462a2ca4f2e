"""Estimate the background's color and each pixel's distance from it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

CLEAN_NOISE = 0.8  # levels of noise up to which the color separates background and subject
BORDER = 2  # px of the working image: 4 px of a 1024 px original


@dataclass(frozen=True)
class Background:
    """The background, as measured along the border, or as the caller states it.

    Attributes:
        color: (3,) float32 BGR mean, 0..255.
        noise: standard deviation of a border pixel in levels, 0 for flat color.
        border_share: fraction of the border that has this color, 0..1.
        is_stated: whether the caller states its color.
        tolerance: levels by which it may differ from its color, if the caller states that.
        is_leveled: whether it was uneven, so that pale parts of the subject may be as light.
    """

    color: Array
    noise: float
    border_share: float
    is_stated: bool = False
    tolerance: int | None = None
    is_leveled: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether its color alone separates it from a subject; otherwise only edges do."""
        return self.noise <= CLEAN_NOISE and not self.is_leveled

    @property
    def is_plain(self) -> bool:
        """Whether it is plain: stated, most of the border, or clean near-white."""
        if self.is_stated:
            return True
        near_white = float(self.color.min()) >= 235 and self.noise <= 2.5
        return self.border_share >= (0.25 if near_white else 0.6)


def estimate_background(image: Array) -> Background:
    """Find the most common color along the border.

    The fullest of 4096 color bins is robust to a subject that covers much of the border. The mean
    of the pixels near it is more precise than one level, which is needed to separate white parts of
    the subject from the background.

    Args:
        image: (h, w, 3) uint8 BGR.
    """
    border = border_pixels(image)
    coarse = (border >> 4).astype(np.uint16)
    bins = coarse[:, 0] | coarse[:, 1] << 4 | coarse[:, 2] << 8
    fullest = border[bins == np.bincount(bins).argmax()]
    center = fullest.mean(axis=0, dtype=np.float32)
    deviation = np.abs(border - center).max(axis=1)
    tolerance = min(12.0, max(4.0, 4.5 * float(np.median(deviation[deviation <= 12]))))
    matching = border[deviation <= tolerance].astype(np.float64)
    noise = float(matching.std(axis=0).mean())
    share = len(matching) / len(border)
    return Background(matching.mean(axis=0).astype(np.float32), noise, share)


def border_pixels(image: Array) -> Array:
    """Return a quarter of the pixels along the border, (n, 3) uint8 BGR."""
    b = BORDER
    strips = (image[:b, ::4], image[-b:, ::4], image[b:-b:4, :b], image[b:-b:4, -b:])
    return np.concatenate([strip.reshape(-1, 3) for strip in strips])


def color_distance(image: Array, color: Array) -> Array:
    """Return each pixel's largest channel difference from a color.

    Args:
        image: (h, w, 3) uint8 BGR.
        color: (3,) float32 BGR; it is rounded to levels.

    Returns:
        (h, w) uint8 levels.
    """
    level = np.rint(color).astype(np.float64)
    return _largest_channel(cv2.absdiff(image, np.append(level, 0.0)))


def subtract_background(image: Array, color: Array) -> Array:
    """Return the image less the background: (h, w, 3) float32 BGR.

    Args:
        image: (h, w, 3) uint8 BGR.
        color: of the background: (3,), or coarse and of any size; float32.
    """
    if color.ndim == 1:
        scalar = np.append(color.astype(np.float64), 0.0)
        return np.asarray(cv2.subtract(image, scalar, dtype=cv2.CV_32F))
    size = (image.shape[1], image.shape[0])
    plane = cv2.resize(color, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.subtract(image, plane, dtype=cv2.CV_32F))


def image_distance(image: Array, background: Array) -> Array:
    """Return each pixel's largest channel difference from an image.

    Args:
        image: (h, w, 3) uint8 BGR.
        background: color of the background, of any size, (h', w', 3) float32 BGR; it is rounded
            to levels, then interpolated.

    Returns:
        (h, w) uint8 levels.
    """
    size = (image.shape[1], image.shape[0])
    rounded = np.clip(background + np.float32(0.5), 0, 255).astype(np.uint8)
    nearest = cv2.resize(rounded, size, interpolation=cv2.INTER_LINEAR)
    return _largest_channel(cv2.absdiff(image, nearest))


def _largest_channel(image: Any) -> Array:
    """Return the maximum of an image's three channels: (h, w)."""
    blue, green, red = cv2.split(image)
    return np.asarray(cv2.max(cv2.max(blue, green), red))
