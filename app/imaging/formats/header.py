"""Read an image's format and size from its header alone."""

import struct
from dataclasses import dataclass
from typing import Literal

from app.imaging.errors import NotAnImage, TooLarge
from app.imaging.formats import c2pa

MAX_PIXELS = 3840 * 2160
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NOT_PLAIN = frozenset({b"tRNS", b"iCCP", b"eXIf", b"acTL"})  # PNG chunks
_MAX_SCANS = 64  # of a progressive JPEG; encoders write about ten
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class ImageInfo:
    """An image's header.

    Attributes:
        format: the file format.
        width: in px.
        height: in px.
        plain: whether it is 8-bit gray, RGB or RGBA without palette or color profile, so that
            the fast decoder returns the right colors.
        lossy: whether compression adds noise around edges.
        step: mean quantizer step of a JPEG: 12 at quality 90, 29 at 75; 0 for other files.
        credentials: whether it has Content Credentials, a C2PA manifest; nothing is verified.
    """

    format: Literal["png", "jpeg", "webp"]
    width: int
    height: int
    plain: bool = True
    lossy: bool = False
    step: float = 0.0
    credentials: bool = False


def read_header(data: bytes) -> ImageInfo:
    """Read the header.

    Raises:
        NotAnImage: neither PNG, JPEG nor WEBP, or truncated.
        TooLarge: more than `MAX_PIXELS`.
    """
    try:
        if data.startswith(_PNG_SIGNATURE):
            header = _read_png(data)
        elif data.startswith(b"\xff\xd8\xff"):
            header = _read_jpeg(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            header = _read_webp(data)
        else:
            raise NotAnImage("neither a PNG, a JPEG nor a WEBP file")
    except (struct.error, IndexError) as e:
        raise NotAnImage("the file is truncated") from e
    if header.width < 1 or header.height < 1:
        raise NotAnImage("the image has no pixels")
    if header.width * header.height > MAX_PIXELS:
        raise TooLarge(f"{header.width}x{header.height} pixels are more than {MAX_PIXELS}")
    return header


def _read_png(data: bytes) -> ImageInfo:
    if data[12:16] != b"IHDR":
        raise NotAnImage("the PNG file has no header")
    width, height, depth, color = struct.unpack(">IIBB", data[16:26])
    plain, credentials = depth == 8 and color in {0, 2, 6}, False
    offset = 8
    while True:
        (length,) = struct.unpack(">I", data[offset : offset + 4])
        name = data[offset + 4 : offset + 8]
        if name == b"IEND":
            break
        if name == b"IHDR" and offset > 8:  # decoders differ in which of the two they use
            raise NotAnImage("the PNG file has two headers")
        plain = plain and name not in _NOT_PLAIN
        credentials = credentials or (name == b"caBX" and length > 0)
        offset += 12 + length
    return ImageInfo("png", width, height, plain, lossy=False, credentials=credentials)


def _read_jpeg(data: bytes) -> ImageInfo:
    if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
        raise NotAnImage("the JPEG file is truncated")
    if data.count(b"\xff\xda") > _MAX_SCANS:  # each can cost a pass over all pixels
        raise NotAnImage("the JPEG file has too many scans")
    offset, plain, step = 2, True, 0.0
    while True:
        while data[offset] == 0xFF and data[offset + 1] == 0xFF:
            offset += 1
        marker = data[offset + 1]
        if data[offset] != 0xFF or marker in {0xD9, 0xDA}:
            raise NotAnImage("the JPEG file has no frame")
        (length,) = struct.unpack(">H", data[offset + 2 : offset + 4])
        body = data[offset + 4 : offset + 2 + length]
        plain = plain and not body.startswith((b"Exif\0", b"ICC_PROFILE\0"))
        if marker == 0xDB and not step and len(body) >= 65:
            step = sum(body[1:65]) / 64
        if marker in _SOF:
            height, width, channels = struct.unpack(">HHB", body[1:6])
            plain = plain and channels in {1, 3}
            credentials = c2pa.jpeg_has_manifest(data)
            return ImageInfo("jpeg", width, height, plain, True, step, credentials)
        offset += 2 + length


def _read_webp(data: bytes) -> ImageInfo:
    (length,) = struct.unpack("<I", data[4:8])
    if length + 8 > len(data):
        raise NotAnImage("the WEBP file is truncated")
    name = data[12:16]
    if name == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return ImageInfo("webp", width & 0x3FFF, height & 0x3FFF, plain=True, lossy=True)
    if name == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        return ImageInfo("webp", *size, plain=True, lossy=False)
    if name == b"VP8X":
        flags = data[20]
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        credentials = c2pa.webp_has_manifest(data)
        plain = not flags & 0x2A  # profile, Exif, animation
        return ImageInfo("webp", width, height, plain, lossy=True, credentials=credentials)
    raise NotAnImage("the WEBP file has no image")
