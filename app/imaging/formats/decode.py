"""Decode image files to 8-bit sRGB pixels."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.errors import NotAnImage
from app.imaging.formats.color import to_srgb
from app.imaging.formats.header import ImageFile
from app.imaging.formats.jpeg_pixels import decode_jpeg
from app.imaging.formats.jpeg_reader import JpegFile
from app.imaging.formats.orientation import read_orientation, upright
from app.imaging.formats.png_pixels import decode_png, read_profile
from app.imaging.formats.png_reader import PngFile
from app.imaging.formats.webp_reader import WebpFile

Array = npt.NDArray[Any]


def decode(file: ImageFile) -> Array:
    """Decode an image, upright, to BGR or BGRA.

    The readers reduce each file to its pixels before a decoder sees it, so damaged metadata costs
    no image, and an image looks the same whatever is around it.

    Args:
        file: a PNG, JPEG or WEBP file, as `read_file` returns it.

    Returns:
        (h, w, 3) BGR or (h, w, 4) BGRA uint8, with straight alpha.

    Raises:
        NotAnImage: the pixels are damaged, or more than 3 % of them are missing.
    """
    if isinstance(file, PngFile):
        pixels = to_srgb(decode_png(file), read_profile(file))
        exif = file.chunks.get(b"eXIf", b"")
    elif isinstance(file, JpegFile):
        pixels = to_srgb(decode_jpeg(file), b"" if file.components == 4 else file.profile)
        exif = file.exif
    else:
        pixels, exif = to_srgb(_decode_webp(file), file.profile), file.exif
    return upright(_without_opaque_alpha(pixels), read_orientation(exif))


def _decode_webp(webp: WebpFile) -> Array:
    """Decode the image, or the first frame of an animation on a transparent canvas."""
    left, top, width, height = webp.frame
    try:
        pixels = cv2.imdecode(np.frombuffer(webp.pixels, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as e:
        raise NotAnImage("the image can't be decoded") from e
    if pixels is None or pixels.shape[:2] != (height, width):
        raise NotAnImage("the image can't be decoded")
    if (width, height) == (webp.width, webp.height):
        return np.asarray(pixels)
    canvas = np.zeros((webp.height, webp.width, 4), np.uint8)
    if pixels.shape[2] == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA)
    visible = canvas[top : top + height, left : left + width]
    visible[:] = pixels[: visible.shape[0], : visible.shape[1]]
    return canvas


def _without_opaque_alpha(pixels: Array) -> Array:
    """Drop an alpha channel that is opaque everywhere."""
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR))
    return pixels
