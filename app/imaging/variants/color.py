"""Effects on one pixel's color; its opacity and its neighbours play no part.

All work on sRGB values as they are stored, as browsers do, and on straight alpha. The matrices are
those of Filter Effects Module Level 1 (W3C), sections 9.6 and 12.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.variants.values import Color

Array = npt.NDArray[Any]

_ONE = np.eye(3)
_GREY = np.array([[0.2126, 0.7152, 0.0722]] * 3)
_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
_LUMA = np.array([[0.213, 0.715, 0.072]] * 3)
_HUE_SINE = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])


def toned(image: Array, brightness: float, contrast: float, gamma: float) -> Array:
    """Each channel c of 0..1 as c x brightness, then (c - 1/2) x contrast + 1/2, then c^(1/gamma).

    Clipped to 0..1 after each step and rounded once.
    """
    level = np.arange(256) / 255
    level = np.clip(level * brightness, 0, 1)
    level = np.clip((level - 0.5) * contrast + 0.5, 0, 1)
    return _curved(image, level ** (1 / gamma))


def posterized(image: Array, levels: float) -> Array:
    """`levels` equal steps in each channel (feFuncR of type "discrete", section 9.7)."""
    step = np.minimum(np.arange(256) / 255 * levels // 1, levels - 1)
    return _curved(image, step / (levels - 1))


def solarized(image: Array, threshold: float) -> Array:
    """Channels inverted from the threshold, 0..255, upwards."""
    level = np.arange(256)
    return _curved(image, np.where(level >= threshold, 255 - level, level) / 255)


def faded(image: Array, amount: float) -> Array:
    """Opacity times `amount`, 0..1."""
    level = np.arange(256)[:, None] / 255
    return _looked_up(image, np.hstack([level, level, level, level * amount]))


def saturated(image: Array, amount: float) -> Array:
    """Saturation: 0 is grey, 1 unchanged."""
    return _mixed(image, _LUMA + amount * (_ONE - _LUMA))


def hue_turned(image: Array, degrees: float) -> Array:
    """Hues turned round the circle, at about the same lightness."""
    angle = np.deg2rad(degrees)
    return _mixed(image, _LUMA + np.cos(angle) * (_ONE - _LUMA) + np.sin(angle) * _HUE_SINE)


def grey(image: Array, amount: float) -> Array:
    """Grey by an amount, 0..1."""
    return _mixed(image, _GREY * amount + _ONE * (1 - amount))


def sepia(image: Array, amount: float) -> Array:
    """Sepia by an amount, 0..1."""
    return _mixed(image, _SEPIA * amount + _ONE * (1 - amount))


def inverted(image: Array, amount: float) -> Array:
    """Inverted by an amount, 0..1: c becomes amount + c (1 - 2 amount)."""
    return _mixed(image, _ONE * (1 - 2 * amount), np.full(3, 255 * amount))


def tinted(image: Array, color: Color, amount: float) -> Array:
    """Drawn towards one color by an amount, 0..1."""
    return _mixed(image, _ONE * (1 - amount), np.array(color) * amount)


def duotone(image: Array, dark: Color, light: Color) -> Array:
    """Black becomes the one color and white the other, by the lightness that `grey` gives."""
    low, high = np.array(dark, float), np.array(light, float)
    return _mixed(image, _GREY * (high - low)[:, None] / 255, low)


def _mixed(image: Array, matrix: Array, offset: Array | None = None) -> Array:
    """Each color times a 3x3 matrix, plus an offset in levels; rounded and clipped."""
    whole = np.zeros((4, 5), np.float32)
    whole[:3, :3] = matrix
    whole[3, 3] = 1
    if offset is not None:
        whole[:3, 4] = offset
    return np.asarray(cv2.transform(image, whole))


def _curved(image: Array, curve: Array) -> Array:
    """Each channel of color looked up in a (256,) table of 0..1."""
    level = np.arange(256)[:, None] / 255
    return _looked_up(image, np.hstack([curve[:, None]] * 3 + [level]))


def _looked_up(image: Array, table: Array) -> Array:
    levels = np.rint(np.clip(table, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, levels[:, None, :]))
