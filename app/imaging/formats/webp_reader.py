"""Read a WEBP's chunks, whatever is wrong with those that don't matter.

Only the bitstream of the image, or of the first frame of an animation, is kept, with its alpha.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.imaging.errors import NotAnImage

_PROFILE_FLAG, _ALPHA_FLAG, _EXIF_FLAG = 0x20, 0x10, 0x08
_FRAME_HEADER_SIZE = 16
_FIRST_CHUNK = 12
_BITSTREAMS = {b"VP8 ", b"VP8L"}
_MAX_CHUNKS = 2000
"""Chunks that are read one by one. Real files have a few dozen, animations a few hundred; from
there on, only those of the image are searched for, and no more than this number again."""

_MAX_SEARCHED_BYTES = 8 * 1024 * 1024
_MAX_PROFILE_BYTES = 8 * 1024 * 1024
_IMAGE_CHUNK = re.compile(rb"VP8[ L]|ALPH|ANMF")


@dataclass(frozen=True)
class WebpFile:
    """What a WEBP file states about its pixels.

    Attributes:
        width, height: of the canvas, in px.
        pixels: a file with nothing but the image or its first frame.
        frame: left, top, width and height of that frame on the canvas, px.
        lossy: whether compression adds noise around edges.
        exif, profile: the contents of these chunks; b"" if there are none.
        credentials: whether it has a C2PA chunk (C2PA 2.2, annex A.3).
    """

    width: int
    height: int
    pixels: bytes
    frame: tuple[int, int, int, int]
    lossy: bool
    exif: bytes
    profile: bytes
    credentials: bool


def read_webp(data: bytes) -> WebpFile:
    """Read the chunks of a WEBP file.

    Raises:
        NotAnImage: it has no complete image, or states two sizes.
    """
    chunks: dict[bytes, bytes] = {}
    for name, body in _chunks(data, _FIRST_CHUNK):
        chunks.setdefault(name, body)
    credentials = bool(chunks.get(b"C2PA"))
    extended, left, top = chunks.get(b"VP8X", b""), 0, 0
    if b"ANMF" in chunks and not chunks.keys() & _BITSTREAMS:
        frame = chunks[b"ANMF"]
        left, top = (2 * int.from_bytes(frame[i : i + 3], "little") for i in (0, 3))
        chunks = dict(_chunks(frame, _FRAME_HEADER_SIZE)) | chunks
    name = next((name for name in chunks if name in _BITSTREAMS), b"")
    if not name:
        raise NotAnImage("the WEBP file has no complete image")
    width, height = _size(name, chunks[name])
    flags = extended[0] if extended else 0
    canvas = _canvas_size(extended) if len(extended) >= 10 else (width, height)
    if canvas != (width, height) and b"ANMF" not in chunks:
        raise NotAnImage("the WEBP file states two sizes")
    alpha = chunks.get(b"ALPH") if name == b"VP8 " else None
    return WebpFile(
        *canvas,
        _build(name, chunks[name], alpha, width, height),
        (left, top, width, height),
        lossy=bool(extended) or name == b"VP8 ",
        exif=chunks.get(b"EXIF", b"") if flags & _EXIF_FLAG else b"",
        profile=chunks.get(b"ICCP", b"")[:_MAX_PROFILE_BYTES] if flags & _PROFILE_FLAG else b"",
        credentials=credentials,
    )


def _chunks(data: bytes, offset: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and contents of each complete chunk."""
    count, searched = 0, 0
    while offset + 8 <= len(data) and count < 2 * _MAX_CHUNKS:
        count += 1
        if count > _MAX_CHUNKS:
            found = _IMAGE_CHUNK.search(data, offset, offset + _MAX_SEARCHED_BYTES - searched)
            if found is None or found.start() + 8 > len(data):
                return
            searched += found.start() - offset
            offset = found.start()
        name, length = struct.unpack_from("<4sI", data, offset)
        offset += 8
        if offset + length > len(data):
            return
        yield name, data[offset : offset + length]
        offset += length + length % 2


def _size(name: bytes, bitstream: bytes) -> tuple[int, int]:
    if name == b"VP8L":
        (bits,) = struct.unpack_from("<I", bitstream, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", bitstream, 6)
    return width & 0x3FFF, height & 0x3FFF


def _canvas_size(extended: bytes) -> tuple[int, int]:
    width, height = (int.from_bytes(extended[i : i + 3], "little") + 1 for i in (4, 7))
    return width, height


def _build(name: bytes, bitstream: bytes, alpha: bytes | None, width: int, height: int) -> bytes:
    """Build a WEBP file of one image."""
    parts = [(name, bitstream)]
    if alpha is not None:
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        parts = [(b"VP8X", struct.pack("<I", _ALPHA_FLAG) + size), (b"ALPH", alpha), *parts]
    body = b"WEBP" + b"".join(
        each + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
        for each, content in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body
