"""Composite the subject over its outline, shadow and background."""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.variants.blur import gaussian_blur
from app.imaging.variants.outline_shadow import BLUR, Outline, Shadow
from app.imaging.variants.premultiply import premultiply, unpremultiply
from app.imaging.variants.values import Color
from app.imaging.variants.variant import WHITE, Variant

Array = npt.NDArray[Any]

_OPAQUE = 65025  # 255 x 255: full alpha of premultiplied pixels
_LINES = 64  # computed at a time in floating point, which takes twice the memory
_MIN_OUTLINE_SIDE = 1024  # px: outlines are computed on an image of at least this side


def composite(image: Array, variant: Variant) -> Array:
    """Put the variant's outline, shadow and background below the subject.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
        variant: its outline, shadow, background and format are used; a JPEG is opaque.

    Returns:
        (h, w, 4) uint8 RGBA, straight alpha.
    """
    background = variant.background or (WHITE if variant.format == "jpeg" else None)
    if variant.outline is None and variant.shadow is None and background is None:
        return _clear_transparent(image)
    canvas = premultiply(image)
    if isinstance(variant.outline, Outline):
        coverage = outline_coverage(image[..., 3], variant.outline.px)
        _composite_below(canvas, coverage, variant.outline.color)
    if isinstance(variant.shadow, Shadow):
        coverage = shadow_coverage(canvas[..., 3], variant.shadow)
        _composite_below(canvas, coverage, variant.shadow.color)
    if background is not None:
        _composite_below(canvas, None, background)
    return unpremultiply(canvas)


def outline_coverage(alpha: Array, px: float) -> Array:
    """Return the coverage of the subject and everything within `px` of it.

    Euclidean distance from where alpha is one half makes round corners. The distance is computed
    on an enlarged image, so the edge is smooth.

    Args:
        alpha: (h, w) uint8.
        px: width of the outline.

    Returns:
        (h, w) uint16, 0..65025.
    """
    height, width = alpha.shape
    scale = min(4, math.ceil(_MIN_OUTLINE_SIDE / max(height, width)))
    size = (width * scale, height * scale)
    enlarged = cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR)
    outside = (enlarged < 128).view(np.uint8)
    if outside.all():
        return np.zeros(alpha.shape, np.uint16)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # From the center of the subject's last pixel to its border is half a pixel.
    coverage = np.clip(px * scale + np.float32(1) - distance, 0, 1) * np.float32(_OPAQUE)
    small = cv2.resize(coverage, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small + np.float32(0.5)).astype(np.uint16)


def shadow_coverage(alpha: Array, shadow: Shadow) -> Array:
    """Return the coverage of the shadow that a subject casts.

    Args:
        alpha: the subject's alpha, (h, w) uint16, 0..65025.
        shadow: its offset, blur and opacity are used.

    Returns:
        (h, w) uint16, 0..65025.
    """
    height, width = alpha.shape
    shrink = math.ceil(shadow.blur / BLUR.high)
    if shrink > 1:  # a shadow this soft has no detail, and would need a margin of thousands of px
        size = (math.ceil(width / shrink), math.ceil(height / shrink))
        smaller = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
        dx, dy, blur = (length / shrink for length in shadow[:3])
        soft = shadow_coverage(smaller, shadow._replace(dx=dx, dy=dy, blur=blur))
        return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR))
    margin = math.ceil(3 * shadow.blur)  # what lies beyond the image still blurs into it
    matrix = np.array([[1, 0, margin + shadow.dx], [0, 1, margin + shadow.dy]], np.float64)
    size = (width + 2 * margin, height + 2 * margin)
    moved = cv2.warpAffine(np.ascontiguousarray(alpha), matrix, size, flags=cv2.INTER_LINEAR)
    soft = gaussian_blur(np.asarray(moved), shadow.blur)[margin:, margin:][:height, :width]
    return np.asarray(soft * np.float32(shadow.opacity)).astype(np.uint16)


def _composite_below(canvas: Array, coverage: Array | None, color: Color) -> None:
    """Composite a color below premultiplied pixels, in place.

    This is Porter and Duff's "over" (1984).

    Args:
        canvas: (h, w, 4) uint16, premultiplied.
        coverage: how much of each pixel the color covers, (h, w) uint16, 0..65025; None for all.
        color: the color of the layer.
    """
    layer: Array = np.append(np.array(color, np.float32) / 255, np.float32(1))
    for start in range(0, len(canvas), _LINES):
        lines = canvas[start : start + _LINES]
        free = (_OPAQUE - lines[..., 3]).astype(np.float32)
        if coverage is not None:
            free *= coverage[start : start + _LINES].astype(np.float32) / _OPAQUE
        lines += (free[..., None] * layer + np.float32(0.5)).astype(np.uint16)


def _clear_transparent(image: Array) -> Array:
    """Set fully transparent pixels to zeros."""
    out = np.zeros_like(image)
    return np.asarray(cv2.copyTo(image, np.ascontiguousarray(image[..., 3]), out))
