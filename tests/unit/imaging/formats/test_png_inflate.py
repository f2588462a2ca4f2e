"""PNGs are inflated before they are decoded, with the same pixels."""

import struct
import zlib

import cv2
import numpy as np
from PIL import Image

from app.imaging.formats.png_inflate import with_stored_pixels
from app.imaging.formats.png_reader import read_png
from tests.support.images.flag_images import encode_16_bits, encode_interlaced, flag
from tests.support.images.sample_images import encoded
from tests.support.tables import each_row

NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
PLAIN = encoded(Image.fromarray(NOISE))


def split_idat(data: bytes, parts: int) -> bytes:
    """Return the same PNG with its pixels in this number of IDAT chunks."""
    offset, body = 33, b""
    while data[offset + 4 : offset + 8] != b"IEND":
        (length,) = struct.unpack(">I", data[offset : offset + 4])
        assert data[offset + 4 : offset + 8] == b"IDAT"
        body, offset = body + data[offset + 8 : offset + 8 + length], offset + 12 + length
    step = -(-len(body) // parts)
    pieces = (b"IDAT" + body[i : i + step] for i in range(0, len(body), step))
    chunks = (struct.pack(">I", len(p) - 4) + p + struct.pack(">I", zlib.crc32(p)) for p in pieces)
    return data[:33] + b"".join(chunks) + data[offset:]


# One scan line is longer than 65535 bytes; pixels fill a block of that size exactly, or nearly.
@each_row("size", [(1, 1), (512, 512), (30000, 3), (1456, 15), (4368, 15), (109, 200)])
@each_row("mode", ["RGB", "L"])
def test_an_inflated_png_has_the_same_pixels(size: tuple[int, int], mode: str) -> None:
    """The decoder reads the same pixels from the inflated file, however many chunks it had."""
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    plain = encoded(Image.fromarray(values).convert(mode))
    for data in (plain, split_idat(plain, 3)):
        inflated = with_stored_pixels(read_png(data))
        assert inflated is not None
        found = cv2.imdecode(inflated, cv2.IMREAD_UNCHANGED)
        expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert found is not None
        assert expected is not None
        assert np.array_equal(found, expected)


def test_only_complete_plain_pngs_are_inflated() -> None:
    """Damaged, truncated, interlaced, 16-bit and too large files are left to the decoders."""
    damaged = PLAIN[:43] + b"\xff" * 40 + PLAIN[83:]
    large = encoded(Image.new("L", (2000, 1501)), compress_level=0)
    for data in (damaged, PLAIN[:-40], encode_interlaced(NOISE), encode_16_bits(NOISE), large):
        assert with_stored_pixels(read_png(data)) is None
    assert with_stored_pixels(read_png(PLAIN)) is not None


def test_flat_drawings_are_left_to_the_decoder() -> None:
    """There is little to inflate in them, and much to copy."""
    assert with_stored_pixels(read_png(encoded(flag()))) is None
