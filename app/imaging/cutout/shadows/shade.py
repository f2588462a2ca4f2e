"""Detect shadows on the background."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.regions import SOLID_TOLERANCE, TOLERANCE
from app.imaging.cutout.shadows import soft_flood
from app.imaging.cutout.shadows.drawn_shadow import find_drawn_shadow
from app.imaging.cutout.shadows.shaded_color import shaded_background
from app.imaging.cutout.shadows.shaded_holes import find_shaded_holes

Array = npt.NDArray[Any]

MIN_SHARE = 0.0003  # of the image that faint patches, or a shadow, must cover
MAX_DARKENING = 225  # levels by which a shadow may darken the background
MAX_TINT = 10  # levels by which it may tint it
TINT_PER_LEVEL = 0.3  # more tint for each level of darkness: light that the subject reflects
MAX_BRIGHTENING = 8  # levels by which background beside it may be brighter than elsewhere
MAX_LEVELED_BRIGHTENING = 20  # the same, where a fitted surface may be too dark
_STRICT_TOLERANCE = 8  # levels that an edge may reach where only edges count
_SQUARE_3, _SQUARE_5, _SQUARE_7 = (np.ones((side, side), np.uint8) for side in (3, 5, 7))


def may_have_shadow(distance: Array, background: Background) -> bool:
    """Return whether there may be a shadow: patches a few levels off the background, or noise.

    The blurred rim of a shadow is several px wide. The edge of a solid subject is not.

    Args:
        distance: (h, w) uint8 color distance from the background.
        background: the background.
    """
    slack = 3 * background.noise
    faint = cv2.inRange(distance, SOLID_TOLERANCE / 2 + slack, TOLERANCE + slack)
    if not background.is_clean:
        return True
    wide = cv2.erode(faint, _SQUARE_3)
    return cv2.countNonZero(wide) >= MIN_SHARE * distance.size


def may_be_shaded(image: Array, color: Array, noise: float, brighter: float) -> Array:
    """Return a mask of the pixels that have a color as in a shadow on the background.

    A shadow darkens all channels alike; only where it is deep, light that the subject reflects
    tints it.

    Args:
        image: (h, w, 3) uint8 BGR.
        color: of the background, (3,) or (h, w, 3) float32 BGR.
        noise: standard deviation of the background, levels.
        brighter: levels by which it may be brighter than that color.

    Returns:
        (h, w) uint8.
    """
    base = color if color.ndim == 3 else np.append(color, 0.0).astype(np.float64)
    planes: Any = cv2.split(cv2.subtract(image, base, dtype=cv2.CV_32F))
    blue, green, red = planes  # new memory is slow, so results replace what isn't needed any more
    darkest = np.asarray(cv2.min(cv2.min(blue, green), red))
    lightest = np.asarray(cv2.max(cv2.max(blue, green, blue), red, blue))
    neutral = (darkest >= -MAX_DARKENING) & (lightest <= brighter + 3 * noise)
    tint = np.subtract(lightest, darkest, out=lightest)
    limit = np.minimum(darkest, 0, out=darkest)
    limit *= np.float32(-TINT_PER_LEVEL)
    limit += MAX_TINT + 3 * noise
    return np.asarray(neutral & (tint <= limit)).view(np.uint8)


@dataclass(frozen=True)
class Shade:
    """The background around a subject, with the shadows on it.

    Attributes:
        outside: (h, w) uint8 mask, 1 outside the subject, up to 2 px from its edge.
        holes: (h, w) uint8 mask, 1 where shaded background shows through the subject.
        unsure: (h, w) uint8 mask, 1 where it may do so: enclosed areas that are graded as a shadow
            is, but lighter or darker than the one nearby.
        color: of the background, shadow included, (h / 2, w / 2, 3) float32 BGR.
        passable: (h, w) uint8, 1 where no edge and no other color is in the way.
        shadow: whether there is a shadow; on a noisy background there may be none.
        kept: share of the image, 0..1, of areas that may be shadow, but were kept: enclosed ones
            that are too light or too dark for it, and dark ones with a hard edge outside.
    """

    outside: Array
    holes: Array
    unsure: Array
    color: Array
    passable: Array
    shadow: bool
    kept: float

    def background_like(self, similar: Array, distance: Array, background: Background) -> Array:
        """Return a mask of the pixels that may be background, outside and inside the subject.

        Where the background is noisy, colors that are near enough to it also occur in pale
        subjects. There only what has no edge between it and the border is outside.

        Args:
            similar: (h, w) uint8, 1 where the color is near the background's.
            distance: (h, w) uint8 color distance from the background, shadow included.
            background: the background.
        """
        limit = TOLERANCE + 3 * background.noise
        if not background.is_clean:
            limit = _STRICT_TOLERANCE + 2 * background.noise
        known: Array = self.outside | self.holes
        near: Array = np.asarray(cv2.dilate(known, _SQUARE_7))
        outside: Array = known | (near & (distance <= limit).view(np.uint8))
        if background.is_clean:
            return np.asarray(similar | outside | self.unsure)
        inside: Array = 1 - np.asarray(cv2.dilate(outside, _SQUARE_3))
        enclosed: Array = similar & self.passable & inside
        near = np.asarray(cv2.dilate(enclosed, _SQUARE_7))
        enclosed = enclosed | (near & inside & (distance <= limit).view(np.uint8))
        return np.asarray(outside | enclosed)


def find_shade(
    image: Array, distance: Array, background: Background, dark_shadow: Array | None = None
) -> Shade | None:
    """Return the background with the shadows on it, or None if it is clean.

    Args:
        image: (h, w, 3) uint8 BGR.
        distance: (h, w) uint8 color distance from the background.
        background: the background.
        dark_shadow: (h, w) uint8 mask, as `find_dark_shadow` returns it.
    """
    brighter = MAX_LEVELED_BRIGHTENING if background.is_leveled else MAX_BRIGHTENING
    neutral = may_be_shaded(image, background.color, background.noise, brighter)
    edges = soft_flood.find_edges(image, background.noise)
    passable = neutral & (1 - edges)
    differs = (distance > MAX_BRIGHTENING + 3 * background.noise).view(np.uint8)
    outside = soft_flood.flood(passable, soft_flood.NECK)
    outside = soft_flood.without_chambers(outside, passable, differs)
    dark = (distance > SOLID_TOLERANCE + 3 * background.noise).view(np.uint8)
    flooded = cv2.countNonZero(outside)
    outside = soft_flood.without_hard_areas(outside, edges, distance, background.noise)
    kept = flooded - cv2.countNonZero(outside)
    outside |= find_drawn_shadow(distance, outside, neutral, background)
    shadow = cv2.morphologyEx(dark & outside, cv2.MORPH_OPEN, _SQUARE_5)
    found = cv2.countNonZero(shadow) >= MIN_SHARE * distance.size
    if dark_shadow is not None:
        outside = outside | dark_shadow if found else (outside & (1 - dark)) | dark_shadow
    elif not found and background.is_clean:
        return None
    color = shaded_background(image, outside, background.color)
    holes, unsure = np.zeros_like(outside), np.zeros_like(outside)
    if background.is_clean and found:
        enclosed = passable & (1 - outside)
        holes, unsure, other = find_shaded_holes(image, enclosed, dark, color, background.color)
        kept += other
    if holes.any():
        color = shaded_background(image, outside | holes, background.color)
    is_shadow = found or dark_shadow is not None
    return Shade(outside, holes, unsure, color, passable, is_shadow, kept / distance.size)
