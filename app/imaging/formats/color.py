"""Convert pixels to sRGB."""

import contextlib
import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

Array = npt.NDArray[Any]

_TO_PIL = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
_TO_BGR = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}


def to_srgb(pixels: Array, profile: bytes) -> Array:
    """Convert gray, BGR or BGRA to BGR or BGRA in sRGB.

    Pixels with a broken profile, or one for another kind of pixels, are treated as sRGB.

    Args:
        pixels: (h, w), (h, w, 3) or (h, w, 4) uint8.
        profile: an ICC profile, or b"" for sRGB.
    """
    converted = _convert(_to_image(pixels), profile) if profile else None
    if converted is not None:
        return _to_bgr(converted)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)) if pixels.ndim == 2 else pixels


def cmyk_to_srgb(image: Image.Image, profile: bytes) -> Array:
    """Convert a CMYK image to BGR in sRGB, by its profile if that is valid."""
    converted = _convert(image, profile) if profile else None
    return _to_bgr(image.convert("RGB") if converted is None else converted)


def _convert(image: Image.Image, profile: bytes) -> Image.Image | None:
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    return None


def _to_image(pixels: Array) -> Image.Image:
    if pixels.ndim == 2:
        return Image.fromarray(pixels)
    return Image.fromarray(cv2.cvtColor(pixels, _TO_PIL[pixels.shape[2]]))


def _to_bgr(image: Image.Image) -> Array:
    pixels = np.asarray(image)
    return np.asarray(cv2.cvtColor(pixels, _TO_BGR[pixels.shape[2]]))
