"""From pixels to a file."""

import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.imaging import png
from app.imaging.variants.spec import QUALITY, Variant

Array = npt.NDArray[Any]

_SPEED = 8  # of AVIF, 0..10


def encoded(picture: Array, variant: Variant) -> bytes:
    """The file, without metadata.

    Args:
        picture: (h, w, 4) uint8 RGBA, straight alpha; opaque for a JPEG.
        variant: says format and quality.
    """
    if variant.format == "png":
        return png.encode(picture)
    quality = variant.quality or QUALITY[variant.format]
    if variant.format == "jpeg":
        picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGBA2RGB))
    options: dict[str, Any] = {"quality": quality}
    if variant.format == "webp":
        options |= {"lossless": quality == 100, "method": 2}
    if variant.format == "avif":
        options |= {"speed": _SPEED}
    out = io.BytesIO()
    Image.fromarray(picture).save(out, variant.format, **options)
    return out.getvalue()
