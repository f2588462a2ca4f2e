"""Decode image files to 8-bit sRGB pixels."""

import contextlib
import io
import warnings
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from app.imaging.errors import NotAnImage
from app.imaging.formats import png_inflate
from app.imaging.formats.header import ImageInfo

Array = npt.NDArray[Any]

_FORMATS = ("PNG", "JPEG", "WEBP")
_DECODE_ERRORS = (
    OSError, ValueError, SyntaxError, EOFError, MemoryError, IndexError, KeyError, TypeError,
    UnidentifiedImageError, Image.DecompressionBombError,
)  # fmt: skip


def decode(data: bytes, header: ImageInfo) -> Array:
    """Decode an image, upright, to BGR or BGRA.

    OpenCV decodes plain files, two to five times faster than Pillow. Pillow decodes all others:
    it supports color profiles, palettes, transparent colors and CMYK.

    Args:
        data: a PNG, JPEG or WEBP file.
        header: the header of that file, as `read_header` returns it.

    Returns:
        (h, w, 3) BGR or (h, w, 4) BGRA uint8, with straight alpha.

    Raises:
        NotAnImage: the file is damaged.
    """
    pixels = _decode_with_opencv(data, header.format) if header.plain else None
    if pixels is None:
        pixels = _decode_with_pillow(data, header)
    return pixels


def _decode_with_opencv(data: bytes, file_format: str) -> Array | None:
    inflated = png_inflate.with_stored_pixels(data) if file_format == "png" else None
    file = np.frombuffer(data, np.uint8) if inflated is None else inflated
    try:
        pixels = cv2.imdecode(file, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if pixels is None or pixels.dtype != np.uint8:
        return None
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    return _without_opaque_alpha(np.asarray(pixels))


def _decode_with_pillow(data: bytes, header: ImageInfo) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = Image.open(io.BytesIO(data), formats=_FORMATS)
            if file.size != (header.width, header.height):  # only the header's size was checked
                raise NotAnImage("the file states two different sizes")
            file.load()
            image = _to_srgb(_to_eight_bits(ImageOps.exif_transpose(file)))
    except _DECODE_ERRORS as e:
        raise NotAnImage("the image can't be decoded") from e
    pixels = np.asarray(image)
    order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return _without_opaque_alpha(np.asarray(cv2.cvtColor(pixels, order)))


def _without_opaque_alpha(pixels: Array) -> Array:
    """Drop an alpha channel that is opaque everywhere."""
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR))
    return pixels


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Convert 16-bit gray to 8-bit gray and keep the profile.

    Pillow itself reads 16-bit color as 8-bit color.
    """
    if not image.mode.startswith("I"):
        return image
    gray = np.asarray(image).astype(np.int64).clip(0, 65535)
    out = Image.fromarray(((gray + 128) // 257).astype(np.uint8))
    out.info["icc_profile"] = image.info.get("icc_profile")
    return out


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert to RGB or RGBA in sRGB, with the embedded profile if valid."""
    transparent = image.has_transparency_data
    profile = image.info.get("icc_profile")
    if image.mode == "P" or (transparent and profile):  # a profile conversion drops tRNS
        image = image.convert("RGBA" if transparent else "RGB")
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        # Pixels with a broken profile are treated as sRGB.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=mode
            )
            image = converted or image
    return image.convert("RGBA" if transparent else "RGB")
