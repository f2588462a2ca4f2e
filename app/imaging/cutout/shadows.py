"""Detect shadows on the background and estimate its color under them."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout import soft_flood
from app.imaging.cutout.background import Background
from app.imaging.cutout.regions import SOLID_TOLERANCE, TOLERANCE

Array = npt.NDArray[Any]

MIN_SHARE = 0.0003  # of the image that faint patches, or a shadow, must cover
MAX_DARKENING = 225  # levels by which a shadow may darken the background
MAX_TINT = 10  # levels by which it may tint it
TINT_PER_LEVEL = 0.3  # more tint for each level of darkness: light that the subject reflects
MIN_HOLE = 40  # px of an enclosed area that is distinct from noise
MIN_HOLE_SHADE = 0.25  # of an enclosed area that must be dark to belong to a shadow
MIN_GRADING = 1.5  # levels by which a shadow varies within an enclosed area, at least
SHADE_TOLERANCE = 25.0  # levels by which its mean may differ from the shadow outside
MAX_BRIGHTENING = 8  # levels by which background beside it may be brighter than elsewhere
_SCALE = 4  # a shadow is smooth: its color is averaged on an image this much smaller
_RADII = (6, 2, 1)  # px there, over which the background's color extends below the subject
_SQUARE_3, _SQUARE_5, _SQUARE_7 = (np.ones((side, side), np.uint8) for side in (3, 5, 7))


def has_faint_patches(distance: Array, background: Background) -> bool:
    """Return whether there may be a shadow: patches a few levels off the background.

    The blurred rim of a shadow is several px wide. The edge of a solid subject is not.

    Args:
        distance: (h, w) uint8 color distance from the background.
        background: the background.
    """
    slack = 3 * background.noise
    faint = cv2.inRange(distance, 2 + slack, TOLERANCE + slack)
    wide = cv2.erode(faint, _SQUARE_3)
    return cv2.countNonZero(wide) >= MIN_SHARE * distance.size


def may_be_shaded(image: Array, color: Array, noise: float) -> Array:
    """Return a mask of the pixels that have a color as in a shadow on the background.

    A shadow darkens all channels alike; only where it is deep, light that the subject reflects
    tints it.

    Args:
        image: (h, w, 3) uint8 BGR.
        color: of the background, (3,) or (h, w, 3) float32 BGR.
        noise: standard deviation of the background, levels.

    Returns:
        (h, w) uint8.
    """
    darker = cv2.split(color - image.astype(np.float32))
    low = cv2.min(cv2.min(darker[0], darker[1]), darker[2])
    high = cv2.max(cv2.max(darker[0], darker[1]), darker[2])
    limit = MAX_TINT + 3 * noise + np.float32(TINT_PER_LEVEL) * np.maximum(high, 0)
    neutral = (high - low <= limit) & (high <= MAX_DARKENING)
    return np.asarray(neutral & (low >= -MAX_BRIGHTENING - 3 * noise)).view(np.uint8)


@dataclass(frozen=True)
class Shade:
    """The background around a subject, with the shadows on it.

    Attributes:
        outside: (h, w) uint8 mask, 1 outside the subject, up to 2 px from its edge.
        holes: (h, w) uint8 mask, 1 where shaded background shows through the subject.
        color: of the background, shadow included, (h / 2, w / 2, 3) float32 BGR.
        doubtful: share of the image, 0..1, of enclosed areas that are graded as a shadow is, but
            were kept because they are much lighter or darker than the shadow nearby.
    """

    outside: Array
    holes: Array
    color: Array
    doubtful: float


def find_shade(image: Array, distance: Array, background: Background) -> Shade | None:
    """Return the background with the shadows on it, or None if there is no shadow.

    Args:
        image: (h, w, 3) uint8 BGR.
        distance: (h, w) uint8 color distance from the background.
        background: the background.
    """
    passable = 1 - soft_flood.find_edges(image, background.noise)
    passable &= may_be_shaded(image, background.color, background.noise)
    differs = (distance > MAX_BRIGHTENING + 3 * background.noise).view(np.uint8)
    outside = soft_flood.flood(passable, soft_flood.NECK)
    outside = soft_flood.without_chambers(outside, passable, differs)
    dark = (distance > SOLID_TOLERANCE + 3 * background.noise).view(np.uint8)
    shadow = cv2.morphologyEx(dark & outside, cv2.MORPH_OPEN, _SQUARE_5)
    if cv2.countNonZero(shadow) < MIN_SHARE * distance.size:
        return None
    color = shaded_background(image, outside, background.color)
    holes, doubtful = _shaded_holes(image, passable & (1 - outside), dark, color)
    if holes.any():
        color = shaded_background(image, outside | holes, background.color)
    return Shade(outside, holes, color, doubtful / distance.size)


def _shaded_holes(image: Array, enclosed: Array, dark: Array, color: Array) -> tuple[Array, float]:
    """Return a mask of the enclosed areas that show shaded background, and how much may too.

    A shadow is never flat, as a drawn area is, and is about as dark as on the other side of the
    subject's wall.

    Args:
        image: (h, w, 3) uint8 BGR.
        enclosed: (h, w) uint8, 1 where the color is as in a shadow, inside the subject.
        dark: (h, w) uint8, 1 where the image is darker than the background.
        color: of the background, shadow included, as known outside.

    Returns:
        The mask, (h, w) uint8, and the number of px in other areas that are graded as a shadow is.
    """
    holes, doubtful = np.zeros_like(enclosed), 0.0
    core = cv2.morphologyEx(enclosed, cv2.MORPH_OPEN, _SQUARE_3)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
    expected = np.zeros(0)
    for number in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= MIN_HOLE):
        x, y, w, h, area = (int(v) for v in stats[number])
        box = np.s_[y : y + h, x : x + w]
        mask = (labels[box] == number).view(np.uint8)
        if number == 0 or cv2.countNonZero(mask & dark[box]) < MIN_HOLE_SHADE * area:
            continue
        if not len(expected):
            expected = _spread(color, (image.shape[1], image.shape[0]))
        found, spread = cv2.meanStdDev(image[box], mask=mask)
        shade = np.array(cv2.mean(expected[box], mask)[:3])
        if spread.max() < MIN_GRADING:
            continue
        if np.abs(found[:, 0] - shade).max() <= SHADE_TOLERANCE:
            holes[box] |= mask
        else:
            doubtful += area
    return holes, doubtful


def extend_to_edges(reached: Array, distance: Array, slack: float) -> Array:
    """Extend a flooded area through the last few px before the subject's edge.

    Args:
        reached: (h, w) uint8 mask, as `Shade` has it.
        distance: (h, w) uint8 color distance from the background, shadow included.
        slack: levels of noise.
    """
    near: Array = np.asarray(cv2.dilate(reached, _SQUARE_7)).view(bool)
    return reached | (near & (distance <= TOLERANCE + slack)).view(np.uint8)


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
    out = base
    for scale, radii in ((_SCALE, _RADII), (2, (1,))):
        size = (max(1, width // scale), max(1, height // scale))
        color = cv2.resize(visible, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        weight = cv2.resize(mask * np.uint8(255), size, interpolation=cv2.INTER_AREA)
        stacked = np.dstack([color, weight.astype(np.float32) * np.float32(1 / 255)])
        out = _spread(out, size)
        for radius in radii:
            means = cv2.blur(stacked, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REPLICATE)
            share = means[..., 3:]
            mean = means[..., :3] / np.maximum(share, np.float32(1e-6))
            out = np.where(share > 0.02, mean, out)
    return out


def _spread(color: Array, size: tuple[int, int]) -> Array:
    """Return a color, or an image of any size, as an image of this width and height."""
    if color.ndim == 3:
        return np.asarray(cv2.resize(color, size, interpolation=cv2.INTER_LINEAR))
    return np.full((size[1], size[0], 3), color, np.float32)
