"""Estimate the opacity of strands: fur, hair, needles, small lettering, and the gaps between."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background, subtract_background
from app.imaging.cutout.segmentation import Segmentation

Array = npt.NDArray[Any]

_DENSITY_WINDOW = 33  # px, over which the outline is counted
_MIN_DENSITY = 0.07  # of the pixels there; 0.06 is two straight edges
_SURE_DENSITY, _MIN_SURE = 0.11, 150  # of the pixels; px of such an outline that must exist
_WINDOW = (49, 49)  # px, over which tones are compared
_COLOR_WINDOW = (25, 25)  # px, over which the strands' own color is averaged
_DEPTHS = (2.0, 14.0)  # px from the background at which it is found
_MIN_STRENGTH = 30.0  # levels by which it differs from the background
_SPREAD = 15.0  # levels, typical difference between strands
_BETWEEN = (0.15, 0.8)  # of that strength: tones between background and strand
_FLAT = 0.12  # of it, within 3 px: such a tone is paint
_MAX_FLAT = 0.1  # of the tones between, that may be paint
_MIN_BETWEEN = 0.17  # of the subject, that must be tones between
_OFF_COLOR, _OFF_COLOR_SHARE = 10.0, 0.2  # levels, and of the difference, from the color's line
_MAX_OFF_COLOR = 0.25  # of the subject that may lie off the line
_MIN_PASSING = 0.6  # of the dense outline that must look like strands
_REACH = 33  # px, around that outline
_MIN_KEPT_AREA = 40  # px of an enclosed area whose judgment counts
_VISIBLE = 3.0  # levels beyond noise, below which nothing is added
_SQUARE_3, _SQUARE_9 = np.ones((3, 3), np.uint8), np.ones((9, 9), np.uint8)


def resolve_strands(
    image: Array, found: Segmentation, background: Background, alpha: Array
) -> Array:
    """Correct the opacity where strands are so dense that their edges overlap.

    Rings along an edge don't exist where strands and gaps are a pixel or two wide. But there,
    every color is a mixture of the background and the strands' own color, so opacity is the
    position between them. In strands, unlike in drawings of two tones, which must stay opaque,
    no tone between the two covers an area, however small.

    Args:
        image: (h, w, 3) uint8 BGR.
        found: the segmented image.
        background: the background.
        alpha: (h, w) uint8, opacity without strands.

    Returns:
        (h, w) uint8; `alpha` itself if there are no strands.
    """
    dense = _dense_outline(found.background)
    if dense is None:
        return alpha
    x, y, width, height = cv2.boundingRect(dense)
    margin = _WINDOW[0]
    box = np.s_[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin]
    dense, outside = dense[box], found.background[box]
    distance = found.distance[box].astype(np.float32)
    deep = _strong_inside(distance, outside)
    total = np.maximum(cv2.blur(deep, _COLOR_WINDOW), np.float32(1e-6))
    strength = np.asarray(cv2.blur(distance * deep, _COLOR_WINDOW)) / total
    strands = dense.view(bool) & _has_no_paint(distance, strength, outside, dense)
    if np.count_nonzero(strands) < _MIN_PASSING * cv2.countNonZero(dense):
        return alpha
    difference = subtract_background(image, found.color)[box]
    share, is_mixture = _position(difference, distance, deep, total)
    off_color = _mean_where(~is_mixture, outside == 0)
    strands &= off_color < _MAX_OFF_COLOR
    if np.count_nonzero(strands) < _MIN_PASSING * cv2.countNonZero(dense):
        return alpha
    near = np.asarray(cv2.dilate(strands.view(np.uint8), _disc(_REACH))).view(bool)
    changed = near & is_mixture & (strength > _MIN_STRENGTH) & ~_kept_areas(found, box)
    new = np.clip(share * 255 + np.float32(0.5), 0, 255).astype(np.uint8)
    faint = distance < _VISIBLE + 3 * background.noise
    out = alpha.copy()
    before = out[box]
    out[box] = np.where(changed, np.where(faint, np.minimum(new, before), new), before)
    return out


def _dense_outline(outside: Array) -> Array | None:
    """Return a mask of the outline where much of it lies nearby: (h, w) uint8, 1 or 0.

    None if it is nowhere as dense as strands are.
    """
    outline = np.asarray(cv2.dilate(outside, _SQUARE_3)) & (1 - outside)
    size = (_DENSITY_WINDOW, _DENSITY_WINDOW)
    count = cv2.boxFilter(outline, cv2.CV_16U, size, normalize=False)
    sure = outline & (count > _SURE_DENSITY * _DENSITY_WINDOW**2).view(np.uint8)
    if cv2.countNonZero(sure) < _MIN_SURE:
        return None
    return np.asarray(outline & (count > _MIN_DENSITY * _DENSITY_WINDOW**2).view(np.uint8))


def _strong_inside(distance: Array, outside: Array) -> Array:
    """Return a mask of the pixels that show the strands' own color: (h, w) float32, 1 or 0.

    They lie inside, and are stronger than the mean nearby.
    """
    depth = cv2.distanceTransform(1 - outside, cv2.DIST_L2, 3)
    inside = np.asarray(cv2.inRange(depth, *_DEPTHS)).view(bool).astype(np.float32)
    count = np.maximum(cv2.blur(inside, _COLOR_WINDOW), np.float32(1e-6))
    mean = np.asarray(cv2.blur(distance * inside, _COLOR_WINDOW)) / count
    return np.asarray(inside * (distance >= mean))


def _has_no_paint(distance: Array, strength: Array, outside: Array, dense: Array) -> Array:
    """Return where tones between background and strands exist, but none covers an area."""
    low, high = _BETWEEN
    between = (outside == 0) & (distance > low * strength) & (distance < high * strength)
    change = cv2.morphologyEx(distance, cv2.MORPH_GRADIENT, _SQUARE_3)
    flat = between & (change < _FLAT * strength)
    nearby = np.asarray(cv2.dilate(dense, _SQUARE_9)).view(bool)
    if np.count_nonzero(flat & nearby) > _MAX_FLAT * np.count_nonzero(between & nearby):
        return np.zeros(dense.shape, bool)
    return np.asarray(
        (_mean_where(flat, between) < _MAX_FLAT)
        & (_mean_where(between, outside == 0) > _MIN_BETWEEN)
        & (strength > _MIN_STRENGTH)
    )


def _mean_where(mask: Array, where: Array) -> Array:
    """Return the share of a mask nearby, among the pixels of another: (h, w) float32."""
    count = cv2.blur(where.astype(np.float32), _WINDOW)
    return np.asarray(cv2.blur((mask & where).astype(np.float32), _WINDOW)) / np.maximum(
        count, np.float32(1e-6)
    )


def _position(difference: Array, distance: Array, deep: Array, total: Array) -> tuple[Array, Array]:
    """Return each color's position between background and strands, and whether it lies there."""
    pure = np.asarray(cv2.blur(difference * deep[..., None], _COLOR_WINDOW)) / total[..., None]
    size = np.maximum(np.abs(pure).max(axis=2), np.float32(1))
    # The paler the strands, the more one differs from the next; none of them is see-through.
    pure *= np.maximum(1 - (_SPREAD / size) ** 2, np.float32(0.5))[..., None]
    squared = np.maximum(np.einsum("ijk,ijk->ij", pure, pure), np.float32(1))
    share = np.einsum("ijk,ijk->ij", difference, pure) / squared
    rest = np.abs(difference - share[..., None] * pure).max(axis=2)
    return share, rest <= _OFF_COLOR + _OFF_COLOR_SHARE * distance


def _kept_areas(found: Segmentation, box: tuple[slice, slice]) -> Array:
    """Return a mask of the enclosed areas that were judged to be subject, and their rim."""
    regions = found.regions
    kept = ~found.holes.is_background & (regions.stats[:, cv2.CC_STAT_AREA] >= _MIN_KEPT_AREA)
    kept[0] = False
    mask = kept.view(np.uint8).take(regions.labels[box], mode="clip")
    return np.asarray(cv2.dilate(mask, _SQUARE_3)).view(bool)


def _disc(size: int) -> Array:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
