"""Use the alpha channel that came with an image instead of cutting out."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout import compositing
from app.imaging.cutout.holes.areas import count_areas, list_areas
from app.imaging.cutout.mask import Mask
from app.imaging.cutout.native_alpha.cleaning import (
    alpha_of,
    clean_alpha,
    is_nearly_opaque,
    lay_on,
)
from app.imaging.cutout.native_alpha.report import report_native
from app.imaging.cutout.native_alpha.see_through import SeeThroughAreas, fill, judge_areas
from app.imaging.cutout.options import CutoutOptions
from app.imaging.cutout.report import CutoutReport

Array = npt.NDArray[Any]

_WHITE = "#ffffff"


def prepare(pixels: Array, options: CutoutOptions) -> Array:
    """Clean the alpha of an image, or drop it if the background has to be cut out.

    That is so if nearly all is opaque, because the model painted a background after all, and if
    the caller states the background's color.

    Args:
        pixels: (h, w, 3) uint8 BGR or (h, w, 4) BGRA.
        options: what the caller decides.

    Returns:
        (h, w, 4) if its alpha is to be used, otherwise (h, w, 3).
    """
    if pixels.shape[2] == 3:
        return pixels
    cleaned = clean_alpha(pixels)
    if options.background or is_nearly_opaque(cleaned):
        red, green, blue = bytes.fromhex((options.background or _WHITE)[1:])
        return lay_on(cleaned, np.array([blue, green, red]))
    return cleaned


def use_alpha(pixels: Array, size: int, options: CutoutOptions) -> tuple[Array, CutoutReport]:
    """Return the square result of prepared BGRA pixels, and the report.

    Args:
        pixels: (h, w, 4) uint8 BGRA.
        size: side of the result, px.
        options: what the caller decides.
    """
    width, height = compositing.fit_size(pixels, size)
    areas = judge_areas(pixels, 2 * width, 2 * height, options)
    image = _render(pixels, (width, height), areas, options)
    listed = list_areas(
        areas.regions,
        areas.decisions,
        left=2 * ((size - width) // 2),
        top=2 * ((size - height) // 2),
        side=2 * size,
    )
    report = report_native(image[..., 3], size, areas.decisions, listed)
    return compositing.center(image, size), report


def use_alpha_large(
    pixels: Array, size: int, working_size: int, options: CutoutOptions
) -> tuple[Array, int]:
    """Return the result at a larger size, with the decisions of the plain one.

    Args:
        pixels: (h, w, 4) uint8 BGRA.
        size: side of the result, px.
        working_size: longer side of the image on which the plain cutout decides, px.
        options: what the caller decides.

    Returns:
        (size, size, 4) uint8 RGBA, and how many visible enclosed areas there are.
    """
    width, height = compositing.fit_size(pixels, working_size // 2)
    areas = judge_areas(pixels, 2 * width, 2 * height, options)
    image = _render(pixels, compositing.fit_size(pixels, size), areas, options)
    count = count_areas(areas.regions, areas.decisions, side=working_size)
    return compositing.center(image, size), count


def _render(
    pixels: Array, size: tuple[int, int], areas: SeeThroughAreas, options: CutoutOptions
) -> Array:
    image = areas.fill(compositing.resize(pixels, *size))
    mask = Mask.load(options.mask, image)
    if mask is None:
        return image
    image = fill(image, mask.restored, _colors_below(pixels, size))
    image[..., 3] = mask.correct_alpha(alpha_of(image))
    return image


def _colors_below(pixels: Array, size: tuple[int, int]) -> Array:
    """Return the colors that alpha hides, as (h, w, 3) RGB; white where they are black.

    Many models and tools write black where an image is fully transparent.
    """
    below = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)[..., 2::-1].copy()
    below[below.max(axis=2) == 0] = 255
    return below
