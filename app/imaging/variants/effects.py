"""Apply adjustments and filters by name."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from app.imaging.variants import blur, color
from app.imaging.variants.filters import Filter
from app.imaging.variants.variant import Variant

Array = npt.NDArray[Any]

FILTER_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "grayscale": color.grayscale,
    "sepia": color.sepia,
    "invert": color.invert,
    "opacity": color.scale_opacity,
    "posterize": color.posterize,
    "solarize": color.solarize,
    "duotone": color.duotone,
    "tint": color.tint,
    "blur": blur.blur,
    "sharpen": lambda image, amount: blur.sharpen(image, 1 + amount),
    "pixelate": blur.pixelate,
}


def apply_adjustments(image: Array, variant: Variant) -> Array:
    """Apply the variant's adjustments to an (h, w, 4) uint8 RGBA image."""
    if (variant.brightness, variant.contrast, variant.gamma) != (1, 1, 1):
        image = color.adjust_tone(image, variant.brightness, variant.contrast, variant.gamma)
    if variant.saturation != 1:
        image = color.saturate(image, variant.saturation)
    if variant.hue != 0:
        image = color.rotate_hue(image, variant.hue)
    if variant.sharpness != 1:
        image = blur.sharpen(image, variant.sharpness)
    return image


def apply_filter(image: Array, chosen: Filter) -> Array:
    """Apply one filter to an (h, w, 4) uint8 RGBA image."""
    return FILTER_FUNCTIONS[chosen.name](image, *chosen.values)
