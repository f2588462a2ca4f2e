"""Cut out at larger sizes, with the edges of the original."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout import compositing, native_alpha
from app.imaging.cutout.background import (
    Background,
    color_distance,
    image_distance,
)
from app.imaging.cutout.holes.areas import count_areas
from app.imaging.cutout.mask import Mask, apply_mask
from app.imaging.cutout.matte import Matte, compute_matte
from app.imaging.cutout.options import CutoutOptions
from app.imaging.cutout.segmentation import SegmentationOptions
from app.imaging.cutout.shadows import add_shadow
from app.imaging.cutout.surface import level
from app.imaging.formats.decode import decode
from app.imaging.formats.header import ImageFile, header_of

Array = npt.NDArray[Any]

WORKING_SIZE = 512  # px: longer side of the image that the plain cutout is segmented on
_RADIUS = 3  # px there, over which alpha is linear in the guide
_EPSILON = 1e-4  # variance of the guide, in parts of 255 squared, below which it is ignored


def cut_out_large(file: ImageFile, *, size: int, options: CutoutOptions) -> tuple[Array, int]:
    """Cut out at a size larger than the plain one.

    Background, subject and holes are segmented on the same small image as in the plain cutout,
    so both show the same. Only the edges are computed again, from the larger image.

    Args:
        file: a PNG, JPEG or WEBP file, as `read_file` returns it.
        size: side of the result, px; more than WORKING_SIZE / 2.
        options: what the caller decides.

    Returns:
        (size, size, 4) uint8 RGBA, straight alpha; and how many visible enclosed areas there are.

    Raises:
        NotAnImage: the file is not a complete image.
    """
    pixels = native_alpha.prepare(decode(file), options)
    if pixels.shape[2] == 4:
        return native_alpha.use_alpha_large(pixels, size, WORKING_SIZE, options)
    large = compositing.resize(pixels, *compositing.fit_size(pixels, size))
    width, height = compositing.fit_size(pixels, WORKING_SIZE // 2)
    small = compositing.resize(pixels, 2 * width, 2 * height)
    leveled = level(small, options)
    if not leveled.background.is_plain:
        large = apply_mask(options.mask, compositing.to_rgba(large))
        return compositing.center(large, size), 0
    segmentation = SegmentationOptions.for_header(header_of(file), options)
    flat = leveled.apply(large)
    cut, count = _cut_out(leveled.image, flat, leveled.background, segmentation)
    return compositing.center(leveled.restore(cut, large), size), count


def _cut_out(
    small: Array, large: Array, background: Background, options: SegmentationOptions
) -> tuple[Array, int]:
    matte = compute_matte(small, background, options)
    color = _background_color(matte, background, small.shape)
    mask = Mask.load(options.chosen.mask, large)
    if mask is not None:
        large = mask.paint_background(large, color)
    distance = color_distance if color.ndim == 1 else image_distance
    alpha = upsample_alpha(
        _paste(matte.alpha, matte, np.zeros(small.shape[:2], np.uint8)),
        _paste(matte.segmentation.distance, matte, color_distance(small, background.color)),
        distance(large, color),
    )
    if mask is not None:
        alpha = mask.correct_alpha(alpha)
    out = compositing.uncomposite(large, alpha, color, large.shape[1], large.shape[0])
    found = matte.segmentation
    if options.chosen.shadow == "keep" and found.shadow:
        out = add_shadow(out, color, background.color, background.noise)
    return out, count_areas(found.regions, found.holes, side=WORKING_SIZE)


def upsample_alpha(alpha: Array, guide: Array, large_guide: Array) -> Array:
    """Enlarge alpha along the edges of a larger image, by a guided filter.

    Around each pixel alpha is modeled as a linear function of the guide, which is fitted on the
    small image and evaluated on the large one (He and Sun, "Fast Guided Filter", 2015).

    Args:
        alpha: of the small image, (h, w) uint8.
        guide: distance from the background there, (h, w) uint8.
        large_guide: distance from the background on the large image, (h', w') uint8.

    Returns:
        (h', w') uint8.
    """
    target, source = alpha.astype(np.float32) / 255, guide.astype(np.float32) / 255
    mean_target, mean_source = _box_mean(target), _box_mean(source)
    variance = _box_mean(source * source) - mean_source * mean_source
    covariance = _box_mean(target * source) - mean_target * mean_source
    slope = covariance / (variance + np.float32(_EPSILON))
    offset = mean_target - slope * mean_source
    size = (large_guide.shape[1], large_guide.shape[0])
    large_slope = cv2.resize(_box_mean(slope), size, interpolation=cv2.INTER_LINEAR)
    large_offset = cv2.resize(_box_mean(offset), size, interpolation=cv2.INTER_LINEAR)
    out = cv2.multiply(large_slope, large_guide, scale=1 / 255, dtype=cv2.CV_32F)
    out = np.asarray(cv2.add(out, large_offset))
    return np.asarray(cv2.convertScaleAbs(np.maximum(out, 0, out=out), alpha=255))


def _box_mean(plane: Array) -> Array:
    return np.asarray(cv2.blur(plane, (2 * _RADIUS + 1,) * 2))


def _paste(part: Array, matte: Matte, canvas: Array) -> Array:
    """Copy an array of the matte's box into an array of the whole image."""
    top, bottom, left, right = matte.box
    canvas[top:bottom, left:right] = part
    return canvas


def _background_color(matte: Matte, background: Background, shape: tuple[int, ...]) -> Array:
    """Return the color as (3,), or with a shadow (h, w, 3); float32 BGR."""
    color = matte.segmentation.color
    if color.ndim == 1:
        return color
    size = (matte.image.shape[1], matte.image.shape[0])
    part = cv2.resize(color, size, interpolation=cv2.INTER_LINEAR)
    return _paste(np.asarray(part), matte, np.full(shape, background.color, np.float32))
