"""Prepare images that are given to an image model: backgrounds, copies to be checked, masks."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.options import InvalidOption
from app.imaging.errors import UnusableImage
from app.imaging.formats.decode import decode
from app.imaging.formats.header import ImageFile, header_of, read_file
from app.imaging.formats.png_reader import GRAY_ALPHA, RGBA, PngFile
from app.imaging.formats.webp_reader import WebpFile

Array = npt.NDArray[Any]

MAX_EDIT_MASK_BYTES = 4_000_000
"""Of a mask for an image model; OpenAI accepts less than 4 MB."""

_REDUCED_SIDE = 1024  # px; enough to recognize what an image shows
_JPEG_QUALITY = 85


def lay_on_white(data: bytes) -> bytes:
    """Return the image on white, as a PNG; the same bytes if it is opaque.

    Args:
        data: a PNG, JPEG or WEBP file.

    Raises:
        UnusableImage: it can't be decoded.
    """
    file = read_file(data)
    if not _may_be_transparent(file):
        return data
    pixels = decode(file)
    if pixels.shape[2] == 3:
        return data
    _, png = cv2.imencode(".png", on_white(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return png.tobytes()


def reduce_to_jpeg(data: bytes) -> bytes:
    """Return a small copy of an image, on white: a JPEG of at most 1024 x 1024 px.

    Raises:
        UnusableImage: it can't be decoded.
    """
    pixels = on_white(decode(read_file(data)))
    scale = _REDUCED_SIDE / max(pixels.shape[:2])
    if scale < 1:
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return jpeg.tobytes()


def check_edit_mask(data: bytes, *, width: int, height: int) -> None:
    """Check a mask whose transparent pixels say where an image model redraws an image.

    Args:
        data: the file.
        width: of the image, in pixels.
        height: of the image, in pixels.

    Raises:
        InvalidOption: it is no PNG of that size with transparent pixels, or too large.
    """
    if len(data) >= MAX_EDIT_MASK_BYTES:
        raise InvalidOption("mask", "must have less than 4 MB")
    try:
        file = read_file(data)
        header = header_of(file)
        if header.format != "png":
            raise InvalidOption("mask", "must be a PNG file")
        if (header.width, header.height) != (width, height):
            raise InvalidOption("mask", f"must have the size of the first image: {width}x{height}")
        pixels = decode(file)
    except UnusableImage as error:
        raise InvalidOption("mask", f"must be a PNG file: {error}") from None
    if pixels.shape[2] == 3 or pixels[..., 3].min() > 0:
        raise InvalidOption("mask", "must be transparent where the image is to be redrawn")


def _may_be_transparent(file: ImageFile) -> bool:
    """Return whether the file has room for transparency, without decoding it."""
    if isinstance(file, PngFile):
        return file.color_type in {GRAY_ALPHA, RGBA} or b"tRNS" in file.chunks
    return isinstance(file, WebpFile)


def on_white(pixels: Array) -> Array:
    """Return (h, w, 3) uint8 of an image with or without straight alpha."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.uint16)
    color = pixels[..., :3].astype(np.uint16)
    return np.asarray(((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))
