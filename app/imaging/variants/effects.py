"""Adjustments and filters: which function each name stands for."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from app.imaging.variants import blur, color
from app.imaging.variants.filters import Filter
from app.imaging.variants.variant import Variant

Array = npt.NDArray[Any]

FUNCTIONS: dict[str, Callable[..., Array]] = {
    "grayscale": color.grey,
    "sepia": color.sepia,
    "invert": color.inverted,
    "opacity": color.faded,
    "posterize": color.posterized,
    "solarize": color.solarized,
    "duotone": color.duotone,
    "tint": color.tinted,
    "blur": blur.blurred,
    "sharpen": lambda image, amount: blur.sharpened(image, 1 + amount),
    "pixelate": blur.pixelated,
}


def adjusted(image: Array, variant: Variant) -> Array:
    """An (h, w, 4) uint8 RGBA image with the variant's adjustments made."""
    if (variant.brightness, variant.contrast, variant.gamma) != (1, 1, 1):
        image = color.toned(image, variant.brightness, variant.contrast, variant.gamma)
    if variant.saturation != 1:
        image = color.saturated(image, variant.saturation)
    if variant.hue != 0:
        image = color.hue_turned(image, variant.hue)
    if variant.sharpness != 1:
        image = blur.sharpened(image, variant.sharpness)
    return image


def filtered(image: Array, wanted: Filter) -> Array:
    """An (h, w, 4) uint8 RGBA image through one filter."""
    return FUNCTIONS[wanted.name](image, *wanted.values)
