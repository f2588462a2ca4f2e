"""Adjustments and filters: which function each name stands for."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from app.imaging.variants import colours, mixing
from app.imaging.variants.filter import Filter
from app.imaging.variants.spec import Variant

Array = npt.NDArray[Any]

FUNCTIONS: dict[str, Callable[..., Array]] = {
    "grayscale": colours.grey,
    "sepia": colours.sepia,
    "invert": colours.inverted,
    "opacity": colours.faded,
    "posterize": colours.posterized,
    "solarize": colours.solarized,
    "duotone": colours.duotone,
    "tint": colours.tinted,
    "blur": mixing.blurred,
    "sharpen": lambda picture, amount: mixing.sharpened(picture, 1 + amount),
    "pixelate": mixing.pixelated,
}


def adjusted(picture: Array, variant: Variant) -> Array:
    """An (h, w, 4) uint8 RGBA picture with the variant's adjustments made."""
    if (variant.brightness, variant.contrast, variant.gamma) != (1, 1, 1):
        picture = colours.toned(picture, variant.brightness, variant.contrast, variant.gamma)
    if variant.saturation != 1:
        picture = colours.saturated(picture, variant.saturation)
    if variant.hue != 0:
        picture = colours.hue_turned(picture, variant.hue)
    if variant.sharpness != 1:
        picture = mixing.sharpened(picture, variant.sharpness)
    return picture


def filtered(picture: Array, wanted: Filter) -> Array:
    """An (h, w, 4) uint8 RGBA picture through one filter."""
    return FUNCTIONS[wanted.name](picture, *wanted.values)
