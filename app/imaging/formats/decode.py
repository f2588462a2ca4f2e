"""From file bytes to 8-bit sRGB pixels."""

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
_BAD = (OSError, ValueError, SyntaxError, EOFError, MemoryError, IndexError, KeyError, TypeError)


def decode(data: bytes, header: ImageInfo) -> Array:
    """Pixels of the image, upright: (h, w, 3) BGR or (h, w, 4) BGRA uint8, straight alpha.

    Plain files take OpenCV's path, two to five times faster; all others Pillow's, which knows
    profiles, palettes, transparency and CMYK.

    Raises:
        NotAnImage: the file is damaged.
    """
    pixels = _fast(data, header.format) if header.plain else None
    if pixels is None:
        pixels = _careful(data, header)
    return pixels


def _fast(data: bytes, kind: str) -> Array | None:
    ready = png_inflate.stored(data) if kind == "png" else None
    file = np.frombuffer(data, np.uint8) if ready is None else ready
    try:
        pixels = cv2.imdecode(file, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if pixels is None else np.asarray(pixels)


def _careful(data: bytes, header: ImageInfo) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = Image.open(io.BytesIO(data), formats=_FORMATS)
            if file.size != (header.width, header.height):  # only that size was found bearable
                raise NotAnImage("the file tells two sizes")
            file.load()
            image = _to_srgb(_to_eight_bits(ImageOps.exif_transpose(file)))
    except (*_BAD, UnidentifiedImageError, Image.DecompressionBombError) as e:
        raise NotAnImage("the image can't be decoded") from e
    pixels = np.asarray(image)
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        pixels = pixels[..., :3]
    order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return np.asarray(cv2.cvtColor(pixels, order))


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey as 8-bit grey, profile kept; Pillow reads 16-bit color as 8-bit by itself."""
    if not image.mode.startswith("I"):
        return image
    grey = np.asarray(image).astype(np.int64).clip(0, 65535)
    out = Image.fromarray(((grey + 128) // 257).astype(np.uint8))
    out.info["icc_profile"] = image.info.get("icc_profile")
    return out


def _to_srgb(image: Image.Image) -> Image.Image:
    """RGB or RGBA in sRGB, by the embedded profile if it has a usable one."""
    clear = image.has_transparency_data
    profile = image.info.get("icc_profile")
    if image.mode == "P" or (clear and profile):  # a conversion by profile drops tRNS
        image = image.convert("RGBA" if clear else "RGB")
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        # A broken profile says nothing about the pixels.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=mode
            )
            image = converted or image
    return image.convert("RGBA" if clear else "RGB")
