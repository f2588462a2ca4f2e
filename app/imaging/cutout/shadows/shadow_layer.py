"""Keep a shadow as partial opacity instead of removing it."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_FADE = 4.0  # levels of darkness over which the faint rim of a shadow sets in


def add_shadow(image: Array, shaded: Array, base: Array, noise: float) -> Array:
    """Lay a cutout over the shadow that was on its background.

    A shadow is the least opaque layer that turns the plain background B into the shaded one S: its
    opacity is the largest of 1 - S / B over the channels, and its color is black but for the tint
    of the light that the subject reflects. Over B, the result shows the original image.

    Args:
        image: (h, w, 4) uint8 RGBA cutout, straight alpha.
        shaded: color of the background, shadow included, of any size; float32 BGR.
        base: color of the background without the shadow, (3,) float32 BGR.
        noise: standard deviation of the background, levels.

    Returns:
        (h, w, 4) uint8 RGBA, straight alpha.
    """
    size = (image.shape[1], image.shape[0])
    color = cv2.resize(shaded, size, interpolation=cv2.INTER_LINEAR)
    color = np.minimum(color, base)
    darkness = (base - color).max(axis=2)
    fade = np.clip((darkness - np.float32(1 + 3 * noise)) / np.float32(_FADE), 0, 1)
    opacity = (1 - color / np.maximum(base, 1)).max(axis=2)
    tint = np.maximum(color - (1 - opacity[..., None]) * base, 0)[..., ::-1]
    alpha = image[..., 3].astype(np.float32) / 255
    behind = (1 - alpha) * fade
    total = alpha + behind * opacity
    premultiplied = alpha[..., None] * image[..., :3] + behind[..., None] * tint
    straight = premultiplied / np.maximum(total, np.float32(1e-6))[..., None]
    levels = np.dstack([np.where(total[..., None] > 0, straight, 0), 255 * total])
    return np.asarray(np.clip(levels + np.float32(0.5), 0, 255).astype(np.uint8))
