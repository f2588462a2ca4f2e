"""Filters that change each pixel's color independently of its neighbors.

All work on sRGB values as they are stored, as browsers do, and on straight alpha. The matrices are
those of Filter Effects Module Level 1 (W3C), sections 9.6 and 12.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.variants.values import Color

Array = npt.NDArray[Any]

_IDENTITY = np.eye(3)
_GRAY = np.array([[0.2126, 0.7152, 0.0722]] * 3)
_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
_LUMA = np.array([[0.213, 0.715, 0.072]] * 3)
_HUE_SINE = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])


def adjust_tone(image: Array, brightness: float, contrast: float, gamma: float) -> Array:
    """Apply brightness, contrast and gamma, in this order.

    A channel c of 0..1 becomes c x brightness, then (c - 1/2) x contrast + 1/2, then c^(1/gamma);
    it is clipped to 0..1 after each step and rounded once.
    """
    level = np.arange(256) / 255
    level = np.clip(level * brightness, 0, 1)
    level = np.clip((level - 0.5) * contrast + 0.5, 0, 1)
    return _apply_curve(image, level ** (1 / gamma))


def posterize(image: Array, levels: float) -> Array:
    """Quantize each channel to equal steps (discrete feFuncR, section 9.7)."""
    step = np.minimum(np.arange(256) / 255 * levels // 1, levels - 1)
    return _apply_curve(image, step / (levels - 1))


def solarize(image: Array, threshold: float) -> Array:
    """Invert channels from the threshold, 0..255, upwards."""
    level = np.arange(256)
    return _apply_curve(image, np.where(level >= threshold, 255 - level, level) / 255)


def scale_opacity(image: Array, amount: float) -> Array:
    """Multiply alpha by `amount`, 0..1."""
    level = np.arange(256)[:, None] / 255
    return _apply_table(image, np.hstack([level, level, level, level * amount]))


def saturate(image: Array, amount: float) -> Array:
    """Scale saturation: 0 is gray, 1 unchanged."""
    return _apply_matrix(image, _LUMA + amount * (_IDENTITY - _LUMA))


def rotate_hue(image: Array, degrees: float) -> Array:
    """Rotate hues at approximately constant lightness."""
    angle = np.deg2rad(degrees)
    matrix = _LUMA + np.cos(angle) * (_IDENTITY - _LUMA) + np.sin(angle) * _HUE_SINE
    return _apply_matrix(image, matrix)


def grayscale(image: Array, amount: float) -> Array:
    """Blend with gray by an amount, 0..1."""
    return _apply_matrix(image, _GRAY * amount + _IDENTITY * (1 - amount))


def sepia(image: Array, amount: float) -> Array:
    """Blend with sepia by an amount, 0..1."""
    return _apply_matrix(image, _SEPIA * amount + _IDENTITY * (1 - amount))


def invert(image: Array, amount: float) -> Array:
    """Invert by an amount, 0..1: c becomes amount + c (1 - 2 amount)."""
    return _apply_matrix(image, _IDENTITY * (1 - 2 * amount), np.full(3, 255 * amount))


def tint(image: Array, color: Color, amount: float) -> Array:
    """Blend with a color by an amount, 0..1."""
    return _apply_matrix(image, _IDENTITY * (1 - amount), np.array(color) * amount)


def duotone(image: Array, dark: Color, light: Color) -> Array:
    """Map black to one color and white to another, by `grayscale`."""
    low, high = np.array(dark, float), np.array(light, float)
    return _apply_matrix(image, _GRAY * (high - low)[:, None] / 255, low)


def _apply_matrix(image: Array, matrix: Array, offset: Array | None = None) -> Array:
    """Multiply colors by a 3x3 matrix and add levels; round and clip."""
    full = np.zeros((4, 5), np.float32)
    full[:3, :3] = matrix
    full[3, 3] = 1
    if offset is not None:
        full[:3, 4] = offset
    return np.asarray(cv2.transform(image, full))


def _apply_curve(image: Array, curve: Array) -> Array:
    """Look up each color channel in a (256,) table of 0..1."""
    level = np.arange(256)[:, None] / 255
    return _apply_table(image, np.hstack([curve[:, None]] * 3 + [level]))


def _apply_table(image: Array, table: Array) -> Array:
    """Look up each channel in a (256, 4) table of 0..1."""
    levels = np.rint(np.clip(table, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, levels[:, None, :]))
