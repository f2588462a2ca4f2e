"""Encode files of a pack within their limits of bytes."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.imaging.exports.rules import FileRule
from app.imaging.formats.png_writer import encode_png
from app.imaging.formats.xmp import CHUNK, KEYWORD
from app.imaging.variants.encode import save
from app.imaging.variants.premultiply import premultiply, resize, unpremultiply

Array = npt.NDArray[Any]

_BEST, _WORST = 95, 1  # quality of WEBP and JPEG
_PNG_LEVEL = 6
_COLORS = (256, 128, 64, 32, 16)  # of a PNG that is too large with all colors


def encode_file(image: Array, rule: FileRule, xmp: bytes) -> bytes:
    """Encode an image in the best quality that the limit of bytes allows.

    If the lowest quality is too large, detail is halved until it fits.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
        rule: its format, opacity and limit are used.
        xmp: the packet that states the provenance.
    """
    data = _best(image, rule, xmp)
    shrinking = 1
    while rule.max_bytes and len(data) > rule.max_bytes and shrinking < max(image.shape[:2]):
        shrinking *= 2
        data = _best(_with_less_detail(image, shrinking), rule, xmp)
    return data


def _best(image: Array, rule: FileRule, xmp: bytes) -> bytes:
    if rule.format == "png":
        return _png(image, rule, xmp)
    encode = _jpeg if rule.format == "jpeg" else _webp
    return _search(lambda quality: encode(image, quality, xmp), rule.max_bytes)


def _search(encode: Callable[[int], bytes], max_bytes: int) -> bytes:
    """Return the file of the highest quality within the limit, by bisection; else the smallest."""
    best = encode(_BEST)
    if not max_bytes or len(best) <= max_bytes:
        return best
    low, high = _WORST, _BEST  # `low` fits or is the lowest, `high` doesn't fit
    best = encode(low)
    while high - low > 1:
        middle = (low + high) // 2
        data = encode(middle)
        low, high, best = (middle, high, data) if len(data) <= max_bytes else (low, middle, best)
    return best


def _webp(image: Array, quality: int, xmp: bytes) -> bytes:
    return save(
        Image.fromarray(image),
        "webp",
        quality=quality,
        alpha_quality=min(100, 20 + 2 * quality),  # edges stay exact as long as possible
        method=4,
        xmp=xmp,
    )


def _jpeg(image: Array, quality: int, xmp: bytes) -> bytes:
    opaque = Image.fromarray(np.ascontiguousarray(image[..., :3]))
    return save(opaque, "jpeg", quality=quality, subsampling="4:4:4", optimize=True, xmp=xmp)


def _png(image: Array, rule: FileRule, xmp: bytes) -> bytes:
    """Encode without loss, else with the most colors that fit."""
    if rule.opaque:  # without an alpha channel, which app stores refuse
        opaque = np.ascontiguousarray(image[..., :3])
        return _pillow_png(Image.fromarray(opaque), xmp)
    data = encode_png(image, level=_PNG_LEVEL, xmp=xmp)
    for colors in _COLORS:
        if not rule.max_bytes or len(data) <= rule.max_bytes:
            break
        reduced = Image.fromarray(image).quantize(colors, Image.Quantize.FASTOCTREE)
        data = _pillow_png(reduced, xmp)
    return data


def _pillow_png(image: Image.Image, xmp: bytes) -> bytes:
    metadata = PngInfo()
    if xmp:
        metadata.add(CHUNK, KEYWORD + xmp)
    return save(image, "png", compress_level=_PNG_LEVEL, pnginfo=metadata)


def _with_less_detail(image: Array, shrinking: int) -> Array:
    """Shrink an image by a factor and enlarge it again to its size."""
    height, width = image.shape[:2]
    small = resize(image, max(1, width // shrinking), max(1, height // shrinking))
    enlarged = cv2.resize(premultiply(small), (width, height), interpolation=cv2.INTER_LINEAR)
    return unpremultiply(np.asarray(enlarged))
