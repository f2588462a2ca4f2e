"""Convert sRGB to OKLab and back (Ottosson, "A perceptual color space", 2020).

L is 0..1; a and b are the distances from gray, up to about 0.3.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_FROM_CONES = np.linalg.inv(_TO_CONES.astype(np.float64)).astype(np.float32)
_FROM_LAB = np.linalg.inv(_TO_LAB.astype(np.float64)).astype(np.float32)
_LEVELS = np.arange(256, dtype=np.float64) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
_GAMUT_STEPS = 10  # halvings of the interval in which a color's largest saturation lies


def linear_light(rgb: Array) -> Array:
    """Return (..., 3) uint8 sRGB levels as linear light, 0..1."""
    return np.asarray(_LINEAR[rgb])


def to_oklab(rgb: Array) -> Array:
    """Convert (n, 3) uint8 sRGB to (n, 3) float32 OKLab."""
    return np.asarray(np.cbrt(linear_light(rgb) @ _TO_CONES.T) @ _TO_LAB.T)


def from_oklab(lab: Array) -> Array:
    """Convert (n, 3) OKLab to (n, 3) uint8 sRGB.

    Colors that sRGB lacks keep lightness and hue, and become grayer.
    """
    lab = np.asarray(lab, np.float32).copy()
    lab[:, 0] = np.clip(lab[:, 0], 0, 1)
    linear = _to_linear(lab)
    outside = np.flatnonzero((linear < -1e-4).any(axis=1) | (linear > 1.0001).any(axis=1))
    if len(outside):
        linear[outside] = _to_linear(_within_gamut(lab[outside]))
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), np.uint8)


def _to_linear(lab: Array) -> Array:
    return np.asarray((lab @ _FROM_LAB.T) ** 3 @ _FROM_CONES.T)


def _within_gamut(lab: Array) -> Array:
    low, high = np.zeros(len(lab), np.float32), np.ones(len(lab), np.float32)
    scaled = lab.copy()
    for _ in range(_GAMUT_STEPS):
        middle = (low + high) / 2
        scaled[:, 1:] = lab[:, 1:] * middle[:, None]
        linear = _to_linear(scaled)
        fits = ((linear >= -1e-4) & (linear <= 1.0001)).all(axis=1)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    scaled[:, 1:] = lab[:, 1:] * low[:, None]
    return scaled
