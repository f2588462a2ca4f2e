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
    "sharpen": lambda picture, amount: blur.sharpened(picture, 1 + amount),
    "pixelate": blur.pixelated,
}


def adjusted(picture: Array, variant: Variant) -> Array:
    """An (h, w, 4) uint8 RGBA picture with the variant's adjustments made."""
    if (variant.brightness, variant.contrast, variant.gamma) != (1, 1, 1):
        picture = color.toned(picture, variant.brightness, variant.contrast, variant.gamma)
    if variant.saturation != 1:
        picture = color.saturated(picture, variant.saturation)
    if variant.hue != 0:
        picture = color.hue_turned(picture, variant.hue)
    if variant.sharpness != 1:
        picture = blur.sharpened(picture, variant.sharpness)
    return picture


def filtered(picture: Array, wanted: Filter) -> Array:
    """An (h, w, 4) uint8 RGBA picture through one filter."""
    return FUNCTIONS[wanted.name](picture, *wanted.values)
