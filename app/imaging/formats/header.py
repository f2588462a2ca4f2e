"""Read an image's format and size from its header alone."""

import struct
from dataclasses import dataclass
from typing import Literal

from app.imaging.errors import NotAnImage, TooLarge
from app.imaging.formats.jpeg_reader import JpegFile, read_jpeg
from app.imaging.formats.png_reader import SIGNATURE, PngFile, read_png
from app.imaging.formats.webp_reader import WebpFile, read_webp

MAX_PIXELS = 3840 * 2160

ImageFile = PngFile | JpegFile | WebpFile


@dataclass(frozen=True)
class ImageInfo:
    """An image's header.

    Attributes:
        format: the file format.
        width: in px.
        height: in px.
        lossy: whether compression adds noise around edges.
        step: mean quantizer step of a JPEG: 12 at quality 90, 29 at 75; 0 for other files.
        credentials: whether it has Content Credentials, a C2PA manifest; nothing is verified.
        truncated: whether the file lacks its end, so that pixels may be missing.
    """

    format: Literal["png", "jpeg", "webp"]
    width: int
    height: int
    lossy: bool = False
    step: float = 0.0
    credentials: bool = False
    truncated: bool = False


def read_header(data: bytes) -> ImageInfo:
    """Read the header.

    Raises:
        NotAnImage: neither PNG, JPEG nor WEBP, or without an image.
        TooLarge: more than `MAX_PIXELS`.
    """
    return header_of(read_file(data))


def header_of(file: ImageFile) -> ImageInfo:
    """Return the header of a file that was read."""
    size = file.width, file.height
    if isinstance(file, PngFile):
        return ImageInfo("png", *size, credentials=file.credentials, truncated=not file.complete)
    if isinstance(file, JpegFile):
        return ImageInfo("jpeg", *size, True, file.step, file.credentials, not file.complete)
    return ImageInfo("webp", *size, file.lossy, credentials=file.credentials)


def read_file(data: bytes) -> ImageFile:
    """Read all that matters for the pixels, in one pass over the file.

    Raises:
        NotAnImage: neither PNG, JPEG nor WEBP, or without an image.
        TooLarge: more than `MAX_PIXELS`.
    """
    try:
        file = _read(data)
    except (struct.error, IndexError) as e:
        raise NotAnImage("the file is truncated") from e
    if file.width < 1 or file.height < 1:
        raise NotAnImage("the image has no pixels")
    if file.width * file.height > MAX_PIXELS:
        raise TooLarge(f"{file.width}x{file.height} pixels are more than {MAX_PIXELS}")
    return file


def _read(data: bytes) -> ImageFile:
    if data.startswith(SIGNATURE):
        return read_png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return read_jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return read_webp(data)
    raise NotAnImage("neither a PNG, a JPEG nor a WEBP file")
