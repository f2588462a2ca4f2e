"""Hostile image files: small to send, expensive to decode."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache

from PIL import Image

from tests.support.fake_openai import sample_images

REFUSED, DECODED = "502 provider_bad_response", "200"
_SIDE = 13_000  # in 1 bit a pixel 20 kB deflated, in RGBA 644 MiB; Pillow only warns of it
_MIB = 1 << 20


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def _header(width: int, height: int, *, depth: int = 8, color: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))


def _valid_png(*chunks: bytes) -> bytes:
    """Return a valid PNG with these chunks after its header."""
    png = sample_images.draw(640, 480, 0)
    return png[:33] + b"".join(chunks) + png[33:]


@cache
def bomb(*first: bytes) -> bytes:
    """Return a PNG of 20 kB that decodes to 644 MiB, with these chunks before its header."""
    packed = sample_images.deflated_zeros((_SIDE // 8 + 1) * _SIDE)
    header = _header(_SIDE, _SIDE, depth=1, color=0)
    body = header + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(first) + body


def _bare_header() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + _header(2**31 - 1, 2**31 - 1) + chunk(b"IEND", b"")


def _compressed_text() -> bytes:
    return chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(_MIB), 9))


def _profile(size: int) -> bytes:
    return chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(size), 9))


def _animated() -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, 640, 480, 0, 0, 1, 100, 0, 0)
    return _valid_png(chunk(b"acTL", struct.pack(">II", 10_000, 0)), chunk(b"fcTL", control))


def _webp_of_two_sizes() -> bytes:
    inner = _encoded("WEBP", side=1000)[12:]
    canvas = (63).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _jpeg_of_two_sizes() -> bytes:
    file = _encoded("JPEG")
    at = file.find(b"\xff\xc0")
    (length,) = struct.unpack(">H", file[at + 2 : at + 4])
    end = at + 2 + length
    second = file[at : at + 5] + struct.pack(">HH", _SIDE, _SIDE) + file[at + 9 : end]
    return file[:end] + second + file[end:]


def _encoded(kind: str, side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(out, kind)
    return out.getvalue()


FILES: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "A PNG of 20 kB that decodes to 644 MiB": (bomb, REFUSED),
    "A PNG of 2,147,483,647 pixels squared, without any": (_bare_header, REFUSED),
    "A PNG with a harmless header before the true one": (
        lambda: bomb(_header(64, 64)),
        REFUSED,
    ),
    "The same with a color profile": (
        lambda: bomb(_header(64, 64), _profile(500)),
        REFUSED,
    ),
    "A PNG of 64x64 pixels with data for millions": (
        lambda: bomb().replace(_header(_SIDE, _SIDE, depth=1, color=0), _header(64, 64)),
        DECODED,
    ),
    "A PNG with 10,000 texts": (
        lambda: _valid_png(chunk(b"tEXt", b"k\0" + b"v" * 100) * 10_000),
        DECODED,
    ),
    "A PNG with 1 GiB of compressed texts": (
        lambda: _valid_png(_compressed_text() * 1000),
        DECODED,
    ),
    "The same with a profile": (
        lambda: _valid_png(_profile(500), _compressed_text() * 1000),
        DECODED,
    ),
    "A PNG whose color profile unpacks to 20 MiB": (
        lambda: _valid_png(_profile(20 * _MIB)),
        DECODED,
    ),
    "An animated PNG of 10,000 frames, of which one is there": (_animated, DECODED),
    "A WEBP whose image is larger than its canvas": (_webp_of_two_sizes, REFUSED),
    "A JPEG of two sizes": (_jpeg_of_two_sizes, REFUSED),
    "A GIF": (lambda: _encoded("GIF"), REFUSED),
    "A BMP": (lambda: _encoded("BMP"), REFUSED),
    "A TIFF": (lambda: _encoded("TIFF"), REFUSED),
    "An ICNS": (lambda: _encoded("ICNS"), REFUSED),
    "A PSD": (lambda: b"8BPS\0\x01" + bytes(20), REFUSED),
    "An EPS": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", REFUSED),
    "An SVG with a script": (lambda: sample_images.SVG, REFUSED),
}
"""Each file, by name, with the expected result."""
