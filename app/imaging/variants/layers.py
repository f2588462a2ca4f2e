"""What is laid under the subject: outline, shadow, background."""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.variants.blur import gaussian
from app.imaging.variants.outline_shadow import Outline, Shadow
from app.imaging.variants.premultiply import straightened, weighted
from app.imaging.variants.values import Color
from app.imaging.variants.variant import WHITE, Variant

Array = npt.NDArray[Any]

_FULL = 65025  # 255 x 255: opaque, in weighted pixels
_ROWS = 64  # computed at a time in floating point, which takes twice the memory
_FINE = 1024  # px: outlines are measured on an image of at least this side


def laid(image: Array, variant: Variant) -> Array:
    """The subject on its outline, its shadow and its background: (h, w, 4) uint8 RGBA."""
    background = variant.background or (WHITE if variant.format == "jpeg" else None)
    if variant.outline is None and variant.shadow is None and background is None:
        return _cleared(image)
    mixed = weighted(image)
    if isinstance(variant.outline, Outline):
        _put_under(mixed, rim(image[..., 3], variant.outline.px), variant.outline.color)
    if isinstance(variant.shadow, Shadow):
        _put_under(mixed, cast(mixed[..., 3], variant.shadow), variant.shadow.color)
    if background is not None:
        _put_under(mixed, None, background)
    return straightened(mixed)


def rim(alpha: Array, px: float) -> Array:
    """Everything within `px` of the subject, the subject too: (h, w) uint16, 0..65025.

    By the true distance from where its opacity is one half, so corners are round. The edge is found
    and drawn on a finer image, and so is smooth.

    Args:
        alpha: (h, w) uint8.
        px: width of the rim.
    """
    height, width = alpha.shape
    times = min(4, math.ceil(_FINE / max(height, width)))
    size = (width * times, height * times)
    fine = cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR)
    empty = (fine < 128).view(np.uint8)
    if empty.all():
        return np.zeros(alpha.shape, np.uint16)
    distance = cv2.distanceTransform(empty, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # From the centre of the subject's last pixel to its border is half a pixel.
    cover = np.clip(px * times + np.float32(1) - distance, 0, 1) * np.float32(_FULL)
    small = cv2.resize(cover, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small + np.float32(0.5)).astype(np.uint16)


def cast(opacity: Array, shadow: Shadow) -> Array:
    """The shadow's opacity: (h, w) uint16, 0..65025.

    Args:
        opacity: of what casts it, (h, w) uint16, 0..65025.
        shadow: how it falls.
    """
    height, width = opacity.shape
    margin = math.ceil(3 * shadow.blur)  # what lies beyond the image still blurs into it
    move = np.array([[1, 0, margin + shadow.dx], [0, 1, margin + shadow.dy]], np.float64)
    size = (width + 2 * margin, height + 2 * margin)
    moved = cv2.warpAffine(np.ascontiguousarray(opacity), move, size, flags=cv2.INTER_LINEAR)
    soft = gaussian(np.asarray(moved), shadow.blur)[margin:, margin:][:height, :width]
    return np.asarray(soft * np.float32(shadow.opacity)).astype(np.uint16)


def _put_under(mixed: Array, cover: Array | None, color: Color) -> None:
    """Lay a color under weighted pixels, in place (Porter and Duff's "over", 1984).

    Args:
        mixed: (h, w, 4) uint16.
        cover: how much of each pixel the color covers, (h, w) uint16, 0..65025; None for all.
        color: of the layer.
    """
    paint: Array = np.append(np.array(color, np.float32) / 255, np.float32(1))
    for start in range(0, len(mixed), _ROWS):
        rows = mixed[start : start + _ROWS]
        free = (_FULL - rows[..., 3]).astype(np.float32)
        if cover is not None:
            free *= cover[start : start + _ROWS].astype(np.float32) / _FULL
        rows += (free[..., None] * paint + np.float32(0.5)).astype(np.uint16)


def _cleared(image: Array) -> Array:
    """No color is left where nothing is to be seen."""
    out = np.zeros_like(image)
    return np.asarray(cv2.copyTo(image, np.ascontiguousarray(image[..., 3]), out))
