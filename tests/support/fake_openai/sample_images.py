"""Images of the fake: simple ones on white, and dangerous or damaged files."""

import io
import struct
import zlib
from functools import lru_cache

from PIL import Image, ImageDraw

Color = tuple[int, int, int, int]

# Eight looks are enough to distinguish images; drawing each once keeps test runs fast.
LOOKS = 8
_COLORS = (
    (214, 40, 57),
    (29, 111, 184),
    (46, 139, 87),
    (240, 140, 20),
    (122, 62, 157),
    (20, 150, 160),
    (150, 84, 40),
    (60, 70, 90),
)
_WHITE = (255, 255, 255, 255)
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="1024" height="1024">'
    b"<script>alert(1)</script><circle cx='512' cy='512' r='300' fill='red'/></svg>"
)
TEXT = b"This is a text that only pretends to be an image. " * 40


def draw(
    width: int, height: int, number: int, kind: str = "png", transparent: bool = False
) -> bytes:
    """Draw image `number`; no two numbers give the same PNG bytes."""
    image = _drawn(width, height, number % LOOKS, kind, transparent)
    return _numbered(image, number) if kind == "png" else image


@lru_cache(maxsize=64)
def _drawn(width: int, height: int, look: int, kind: str, transparent: bool) -> bytes:
    background = (*_COLORS[look], 0) if transparent else _WHITE
    subject = _subject(min(width, height) // 20, look, background)
    canvas = Image.new("RGBA", (width, height), background)
    canvas.paste(subject, ((width - subject.width) // 2 + look * 8, (height - subject.height) // 2))
    out = io.BytesIO()
    encoding = {"compress_level": 1} if kind == "png" else {"quality": 90, "method": 0}
    canvas.convert("RGBA" if transparent else "RGB").save(out, kind.upper(), **encoding)
    return out.getvalue()


def _subject(unit: int, look: int, background: Color) -> Image.Image:
    """Draw a jug: its handle encloses background, its label is white with a dark dot."""
    # Drawn at twice the size and halved, for soft edges like those of real images.
    tile = Image.new("RGBA", (unit * 26, unit * 26), background)
    pen = ImageDraw.Draw(tile)
    color = (*_COLORS[look], 255)

    def box(*units: int) -> tuple[int, int, int, int]:
        left, top, right, bottom = (number * unit for number in units)
        return left, top, right, bottom

    pen.ellipse(box(17, 7, 25, 17), color)
    pen.ellipse(box(19, 9, 23, 15), background)
    pen.rounded_rectangle(box(1, 1, 19, 25), unit * 2, color)
    pen.ellipse(box(5, 9, 15, 19), _WHITE)
    pen.ellipse(box(9, 13, 11, 15), (25, 25, 25, 255))
    return tile.reduce(2)


def _numbered(png: bytes, number: int) -> bytes:
    # A text chunk after the header makes the bytes unique and leaves the pixels alone.
    return png[:33] + _chunk(b"tEXt", b"Comment\0drawing %d" % number) + png[33:]


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


@lru_cache(maxsize=4)
def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """Return a valid PNG of about a megabyte that decompresses to over a gigabyte of black."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", deflated_zeros(height * (1 + width * 3)))
        + _chunk(b"IEND", b"")
    )


def deflated_zeros(count: int) -> bytes:
    """Return what zlib could return for this many zeros."""
    # A fully flushed block is independent, so one compressed piece can be repeated. That takes a
    # millisecond, and no memory for the decompressed data.
    piece = 1 << 20
    whole, rest = divmod(count, piece)
    body = _flushed(bytes(piece)) * whole + _flushed(bytes(rest))
    # The Adler-32 of zeros needs no pass over them: a stays 1, b counts the bytes.
    checksum = ((count % 65521) << 16) | 1
    return b"\x78\x9c" + body + b"\x03\x00" + struct.pack(">I", checksum)


def _flushed(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
