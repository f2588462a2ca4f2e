"""Render originals without cutting them out."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.edit_inputs import on_white
from app.imaging.formats.decode import decode
from app.imaging.formats.header import header_of, read_file
from app.imaging.formats.xmp import read_packet
from app.imaging.variants.encode import encode
from app.imaging.variants.variant import Variant

Array = npt.NDArray[Any]


def render_opaque(image: bytes, original: bytes, variant: Variant) -> bytes:
    """See `app.imaging.render_opaque`."""
    file = read_file(original)
    pixels = decode(file)
    height, width = pixels.shape[:2]
    is_opaque = pixels.shape[2] == 3
    wanted = (variant.width, variant.height, variant.format)
    if is_opaque and wanted == (width, height, header_of(file).format):
        return original
    canvas = _fit(on_white(pixels), variant.width, variant.height)
    return encode(np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGBA)), variant, read_packet(image))


def _fit(pixels: Array, width: int, height: int) -> Array:
    """Return (height, width, 3) uint8, with the whole image in the middle."""
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    inner = (
        min(width, max(1, round(pixels.shape[1] * scale))),
        min(height, max(1, round(pixels.shape[0] * scale))),
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = np.full((height, width, 3), 255, np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    resized = cv2.resize(pixels, inner, interpolation=method)
    canvas[top : top + inner[1], left : left + inner[0]] = resized
    return canvas
