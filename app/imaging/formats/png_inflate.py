"""Inflate a PNG's pixels with zlib-ng before OpenCV decodes them.

OpenCV's wheels contain zlib 1.2.11, whose inflate takes a large part of the time of decoding an
image model's PNG. zlib-ng's is faster, which saves about 8 % of a whole cutout of a model's RGB
file (docs/decisions.md). Scan lines stay filtered; the decoder reverses the filters.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from zlib_ng import zlib_ng

Array = npt.NDArray[Any]

MAX_INFLATED_PIXELS = 3_000_000  # copying more would block other threads for too long
_CHANNELS = {0: 1, 2: 3, 6: 4}  # by PNG color type
_HEAD_SIZE = 33  # bytes of signature and IHDR
_BLOCK_SIZE = 65535  # bytes of a stored block at most (RFC 1951, section 3.2.4)
_IEND = b"\0\0\0\0IEND\xaeB`\x82"


def with_stored_pixels(data: bytes) -> Array | None:
    """Return the same PNG with its pixels stored instead of compressed.

    Supports 8-bit gray, RGB and RGBA that is not interlaced.

    Args:
        data: a PNG file whose chunks are complete.

    Returns:
        The file as (n,) uint8, or None if it is unsupported, too large or damaged. The decoder
        reports the damage.
    """
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if width * height > MAX_INFLATED_PIXELS or depth != 8 or color not in _CHANNELS or interlaced:
        return None
    compressed = _read_idat(data)
    if compressed is None:
        return None
    size = (width * _CHANNELS[color] + 1) * height
    decompressor = zlib_ng.decompressobj()
    try:
        raw = decompressor.decompress(compressed, size + 1)
    except zlib_ng.error:  # type: ignore[misc]  # reason: its stub declares an instance
        return None
    if len(raw) != size or not decompressor.eof:
        return None
    return _build_png(data[:_HEAD_SIZE], np.frombuffer(raw, np.uint8), compressed[-4:])


def _read_idat(data: bytes) -> bytes | None:
    """Join the contents of the IDAT chunks, or return None if one is damaged."""
    parts, offset = [], _HEAD_SIZE
    while (name := data[offset + 4 : offset + 8]) != b"IEND":
        (length,) = struct.unpack(">I", data[offset : offset + 4])
        end = offset + 8 + length
        if name == b"IDAT":
            (checksum,) = struct.unpack(">I", data[end : end + 4])
            if zlib_ng.crc32(memoryview(data)[offset + 4 : end]) != checksum:
                return None
            parts.append(data[offset + 8 : end])
        offset = end + 4
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _build_png(head: bytes, raw: Array, adler: bytes) -> Array:
    """Build a PNG with one IDAT chunk of stored blocks.

    NumPy makes the two copies, and releases the interpreter lock while it does.
    """
    full = (len(raw) - 1) // _BLOCK_SIZE
    rest = len(raw) - full * _BLOCK_SIZE
    size = 2 + full * (_BLOCK_SIZE + 5) + 5 + rest + 4
    out = np.empty(_HEAD_SIZE + 12 + size + len(_IEND), np.uint8)
    view, start = out.data, _HEAD_SIZE + 10
    view[:start] = head + struct.pack(">I4s", size, b"IDAT") + b"\x78\x01"
    last = start + full * (_BLOCK_SIZE + 5)
    blocks = out[start:last].reshape(full, _BLOCK_SIZE + 5)
    blocks[:, :5] = np.frombuffer(struct.pack("<BHH", 0, _BLOCK_SIZE, 0), np.uint8)
    blocks[:, 5:] = raw[: full * _BLOCK_SIZE].reshape(full, _BLOCK_SIZE)
    view[last : last + 5] = struct.pack("<BHH", 1, rest, rest ^ 0xFFFF)
    end = last + 5 + rest
    out[last + 5 : end] = raw[full * _BLOCK_SIZE :]
    view[end : end + 4] = adler
    checksum = zlib_ng.crc32(view[_HEAD_SIZE + 4 : end + 4])
    view[end + 4 :] = struct.pack(">I", checksum) + _IEND
    return out
