"""The cutout at larger sizes: judged as at the plain size, with the edges of the original."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout import background as backdrops
from app.imaging.cutout import compositing
from app.imaging.cutout.background import Background
from app.imaging.cutout.matte import Matte, matte
from app.imaging.cutout.report import Holes
from app.imaging.cutout.segmentation import SegmentationOptions
from app.imaging.formats.decode import decode
from app.imaging.formats.header import sniff

Array = npt.NDArray[Any]

WORK = 512  # px: longer side of the image on which the plain cutout is judged
_RADIUS = 3  # px there, over which opacity follows the colors in a straight line
_CALM = 1e-4  # variance of the guide, in parts of 255 squared, below which it says nothing


def separate(data: bytes, *, size: int, holes: Holes) -> Array:
    """The subject without its background: (size, size, 4) uint8 RGBA, straight alpha.

    What is paper, paint or hole is decided on the same small image as in the plain cutout, so
    both show the same. Only the edges are made anew, from the colors of the larger one.

    Args:
        data: a PNG, JPEG or WEBP file of up to 8.3 million pixels.
        size: side of the result, px; more than WORK / 2.
        holes: what becomes of enclosed areas of background color.

    Raises:
        NotAnImage: the bytes are not a whole image.
        TooLarge: the image has too many pixels; nothing was decoded.
    """
    header = sniff(data)
    pixels = decode(data, header)
    fine = compositing.shrink(pixels, *compositing.fitted(pixels, size))
    if pixels.shape[2] == 4:
        return compositing.centre(fine, size)
    width, height = compositing.fitted(pixels, WORK // 2)
    work = compositing.shrink(pixels, 2 * width, 2 * height)
    back = backdrops.measure(work)
    if not back.plain:
        return compositing.centre(compositing.opaque(fine), size)
    return compositing.centre(_cut(work, fine, back, SegmentationOptions.of(header, holes)), size)


def _cut(work: Array, fine: Array, back: Background, order: SegmentationOptions) -> Array:
    found = matte(work, back, order)
    paper = _paper(found, back, work.shape)
    alpha = refined(
        _whole(found.alpha, found, np.zeros(work.shape[:2], np.uint8)),
        _whole(found.scene.apart, found, backdrops.distance(work, back.color)),
        _apart(fine, paper),
    )
    return compositing.uncomposite(fine, alpha, paper, fine.shape[1], fine.shape[0])


def refined(alpha: Array, guide: Array, fine: Array) -> Array:
    """Opacity on a larger image, along that image's edges: (h, w) uint8.

    Around each pixel opacity is taken for a straight line over the guide, which is fitted on the
    small image and read on the large one (He and Sun, "Fast Guided Filter", 2015).

    Args:
        alpha: opacity on the small image, (h, w) uint8.
        guide: distance from the background there, (h, w) uint8.
        fine: distance from the background on the large image, (h, w) uint8.
    """
    level, seen = alpha.astype(np.float32) / 255, guide.astype(np.float32) / 255
    mean, mean_seen = _pooled(level), _pooled(seen)
    spread = _pooled(seen * seen) - mean_seen * mean_seen
    slope = (_pooled(level * seen) - mean * mean_seen) / (spread + np.float32(_CALM))
    offset = mean - slope * mean_seen
    size = (fine.shape[1], fine.shape[0])
    rise = cv2.resize(_pooled(slope), size, interpolation=cv2.INTER_LINEAR)
    start = cv2.resize(_pooled(offset), size, interpolation=cv2.INTER_LINEAR)
    out = cv2.multiply(rise, fine, scale=1 / 255, dtype=cv2.CV_32F)
    out = np.asarray(cv2.add(out, start))
    return np.asarray(cv2.convertScaleAbs(np.maximum(out, 0, out=out), alpha=255))


def _pooled(plane: Array) -> Array:
    return np.asarray(cv2.blur(plane, (2 * _RADIUS + 1,) * 2))


def _whole(part: Array, found: Matte, canvas: Array) -> Array:
    """Put what is known within the box into the whole image."""
    top, bottom, left, right = found.box
    canvas[top:bottom, left:right] = part
    return canvas


def _paper(found: Matte, back: Background, shape: tuple[int, ...]) -> Array:
    """Color of the background: (3,), or where a shadow tints it (h, w, 3); float32 BGR."""
    color = found.scene.color
    if color.ndim == 1:
        return color
    size = (found.inner.shape[1], found.inner.shape[0])
    part = cv2.resize(color, size, interpolation=cv2.INTER_LINEAR)
    return _whole(np.asarray(part), found, np.full(shape, back.color, np.float32))


def _apart(fine: Array, paper: Array) -> Array:
    """Largest channel difference from the background: (h, w) uint8."""
    if paper.ndim == 1:
        return backdrops.distance(fine, paper)
    size = (fine.shape[1], fine.shape[0])
    rounded = np.clip(paper + np.float32(0.5), 0, 255).astype(np.uint8)
    blue, green, red = cv2.split(
        cv2.absdiff(fine, cv2.resize(rounded, size, interpolation=cv2.INTER_LINEAR))
    )
    return np.asarray(cv2.max(cv2.max(blue, green), red))
