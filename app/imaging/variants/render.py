"""Render a variant, in the order of steps that `Variant` documents."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.large_cutout import cut_out_large
from app.imaging.cutout.options import HoleChoice, VariantSource
from app.imaging.cutout.pipeline import cut_out_pixels
from app.imaging.errors import NotAnImage
from app.imaging.formats.header import read_file, read_header
from app.imaging.formats.xmp import read_packet
from app.imaging.variants import effects, geometry, layers
from app.imaging.variants.encode import encode
from app.imaging.variants.premultiply import resize
from app.imaging.variants.recolor import recolor
from app.imaging.variants.values import InvalidVariant
from app.imaging.variants.variant import SIDE, Variant

Array = npt.NDArray[Any]


def render_variant(image: bytes, source: Callable[[], VariantSource], variant: Variant) -> bytes:
    """See `app.imaging.render_variant`."""
    if variant.format == "svg":
        from app.imaging.vector.svg import TRACED_SIDE, encode_svg

        pixels = _draw(image, source, variant.raster(TRACED_SIDE))
        return encode_svg(pixels, variant.width, variant.height, read_packet(image))
    return encode(_draw(image, source, variant), variant, read_packet(image))


def _draw(image: bytes, source: Callable[[], VariantSource], variant: Variant) -> Array:
    pixels = geometry.arrange(load_square(image, source, variant), variant)
    if variant.recolor:
        pixels = recolor(pixels, variant.recolor)
    pixels = effects.apply_adjustments(pixels, variant)
    for each in variant.filters:
        pixels = effects.apply_filter(pixels, each)
    return layers.composite(pixels, variant)


def load_square(image: bytes, source: Callable[[], VariantSource], variant: Variant) -> Array:
    """Return the cutout as (side, side, 4) uint8 RGBA, straight alpha.

    Up to the stored size, it is the stored image, resized. Beyond the size of the original there
    is no more detail, so the cutout is enlarged.
    """
    side = variant.side
    if not variant.needs_original:
        return resize(decode_stored(image), side, side)
    original = source()
    file = read_file(original.data)
    size = min(max(side, SIDE), max(file.width, file.height, SIDE))
    options = variant.cutout_options(original.options)
    if size == SIDE:
        square, report = cut_out_pixels(file, size=SIDE, options=options)
        count = len(report.areas)
    else:
        square, count = cut_out_large(file, size=size, options=options)
    if variant.holes:
        _check_numbers(variant.holes, count)
    return resize(square, side, side)


def _check_numbers(choice: HoleChoice, count: int) -> None:
    """Check that the image has all areas that the choice names.

    Raises:
        InvalidVariant: it hasn't.
    """
    unknown = [number for number in choice.numbers if number > count]
    if unknown:
        areas = f"only the enclosed areas 1 to {count}" if count > 1 else "one enclosed area"
        areas = areas if count else "no enclosed areas"
        raise InvalidVariant("holes", f"names area {unknown[0]}, but this image has {areas}")


def decode_stored(image: bytes) -> Array:
    """Return the pixels of a stored image, (256, 256, 4) uint8 RGBA."""
    read_header(image)
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint8 or pixels.shape[2:] != (4,):
        raise NotAnImage("the stored image is not an 8-bit RGBA file")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA))
