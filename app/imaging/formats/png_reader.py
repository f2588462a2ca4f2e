"""Read a PNG's chunks, whatever is wrong with those that don't matter.

Only what determines the pixels is kept. Text, unknown chunks, further frames, checksums, the
order of chunks and whatever follows the image are ignored, so that no damage to them costs an
image.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.imaging.errors import NotAnImage

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
"""Values of a pixel, by color type."""

_DEPTHS = {
    GRAY: {1, 2, 4, 8, 16},
    RGB: {8, 16},
    PALETTE: {1, 2, 4, 8},
    GRAY_ALPHA: {8, 16},
    RGBA: {8, 16},
}
MAX_CHUNKS = 100_000
"""Chunks of a file. Encoders write a few thousand at most, of 8 KB each. Nothing but the pixels is
passed to the decoder, because it inflates each of the texts."""

_COLOR_CHUNKS = frozenset({b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"iCCP", b"cICP", b"eXIf"})
_OTHER_COLOR_SPACES = {b"sRGB", b"iCCP", b"cICP"}
_GAMMA_TOLERANCE = 0.05
_MIN_GAMMA, _MAX_GAMMA = 0.1, 10
_HEAD = struct.Struct(">I4s")
_CRITICAL = re.compile(rb"IHDR|PLTE|tRNS|IDAT|IEND")


@dataclass(frozen=True)
class PngFile:
    """What a PNG file states about its pixels.

    Attributes:
        width, height: in px.
        depth: bits of a value.
        color_type: as in the specification's section 11.2.1.
        interlaced: whether it has the seven passes of Adam7.
        data: the contents of the IDAT chunks; that of the last one may be truncated.
        chunks: the contents of other chunks that change pixels, by name.
        credentials: whether it has a C2PA manifest.
        missing_bytes: of the last IDAT chunk.
        complete: whether it has an end.
    """

    width: int
    height: int
    depth: int
    color_type: int
    interlaced: bool
    data: list[memoryview] = field(default_factory=list)
    chunks: dict[bytes, bytes] = field(default_factory=dict)
    credentials: bool = False
    missing_bytes: int = 0
    complete: bool = True

    @property
    def gamma(self) -> float | None:
        """The exponent by which the values were encoded; None if that of sRGB.

        Ignored beside a profile or a statement of sRGB, within 5 % of sRGB's 1/2.2, and beyond
        what any device has.
        """
        chunk = self.chunks.get(b"gAMA", b"")
        gamma = int.from_bytes(chunk, "big") / 100_000 if len(chunk) == 4 else 0
        if not _MIN_GAMMA <= gamma <= _MAX_GAMMA or self.chunks.keys() & _OTHER_COLOR_SPACES:
            return None
        return gamma if abs(gamma * 2.2 - 1) >= _GAMMA_TOLERANCE else None


def read_png(data: bytes) -> PngFile:
    """Read the chunks of a PNG file.

    Raises:
        NotAnImage: it has no valid header, two different ones, no pixels, or too many chunks.
    """
    head, credentials, missing, complete = b"", False, 0, False
    pixels: list[memoryview] = []
    found: dict[bytes, bytes] = {}
    for name, body, length in _chunks(data):
        if name == b"IHDR":
            if head and head != bytes(body):  # decoders differ in which of the two they use
                raise NotAnImage("the PNG file has two headers")
            head = bytes(body)
        elif name == b"IDAT":
            pixels.append(body)
            missing = length - len(body)
        elif name in _COLOR_CHUNKS and (not pixels or name in {b"PLTE", b"eXIf"}):
            found.setdefault(name, bytes(body))
        complete = complete or name == b"IEND"
        credentials = credentials or (name == b"caBX" and len(body) > 0)
    if len(head) < 13 or not pixels:
        raise NotAnImage("the PNG file has no header" if len(head) < 13 else "it has no pixels")
    width, height, depth, color_type, _, _, interlaced = struct.unpack(">IIBBBBB", head[:13])
    if depth not in _DEPTHS.get(color_type, ()):
        raise NotAnImage("the PNG file has an unknown color type")
    return PngFile(
        width,
        height,
        depth,
        color_type,
        bool(interlaced),
        pixels,
        found,
        credentials,
        missing,
        complete,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    """Yield names, contents and stated lengths up to IEND.

    A damaged chunk has no name; continue at the next one that matters.

    Raises:
        NotAnImage: there are too many.
    """
    view, offset, count = memoryview(data), len(SIGNATURE), 0
    while offset + 8 <= len(data):
        count += 1
        if count > MAX_CHUNKS:
            raise NotAnImage("the PNG file has too many chunks")
        length, name = _HEAD.unpack_from(data, offset)
        if name == b"IEND":
            yield name, view[:0], 0
            return
        complete = length <= len(data) - offset - 8
        if name == b"IDAT" or (complete and name.isalpha()):
            yield name, view[offset + 8 : offset + 8 + length], length
            offset += 12 + length
        else:
            yield b"", view[:0], 0
            following = _CRITICAL.search(data, offset + 5)
            offset = following.start() - 4 if following else len(data)
