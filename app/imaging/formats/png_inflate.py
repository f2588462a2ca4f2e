"""PNG data inflated ahead of the decoder, which is handed them as they are.

OpenCV's wheels carry zlib 1.2.11, whose inflate is most of the time of decoding a drawing; zlib-ng
does it several times faster. The rows stay filtered: undoing that is left to the decoder.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from zlib_ng import zlib_ng

Array = npt.NDArray[Any]

MOST = 3_000_000  # pixels: more would be copied for longer than other threads should wait
_HEAD = 33  # bytes of signature and IHDR
_BLOCK = 65535  # bytes of a stored block at most (RFC 1951, section 3.2.4)
_END = b"\0\0\0\0IEND\xaeB`\x82"


def stored(data: bytes) -> Array | None:
    """The same PNG with its pixels stored, not compressed: (n,) uint8; None if it can't be had.

    Only for 8-bit grey and RGB, not interlaced. A damaged file gives None too, so that the decoder
    that is asked next can say so.

    Args:
        data: a PNG file whose chunks are whole.
    """
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if width * height > MOST or depth != 8 or color not in {0, 2} or interlaced:
        return None
    packed = _packed(data)
    if packed is None:
        return None
    rows = (width * (3 if color == 2 else 1) + 1) * height
    unpacker = zlib_ng.decompressobj()
    try:
        raw = unpacker.decompress(packed, rows + 1)
    except zlib_ng.error:  # type: ignore[misc]  # reason: its stub declares an instance
        return None
    if len(raw) != rows or not unpacker.eof:
        return None
    return _wrapped(data[:_HEAD], np.frombuffer(raw, np.uint8), packed[-4:])


def _packed(data: bytes) -> bytes | None:
    """What the IDAT chunks hold together; None if one of them is damaged."""
    parts, at = [], _HEAD
    while (name := data[at + 4 : at + 8]) != b"IEND":
        (length,) = struct.unpack(">I", data[at : at + 4])
        end = at + 8 + length
        if name == b"IDAT":
            (check,) = struct.unpack(">I", data[end : end + 4])
            if zlib_ng.crc32(memoryview(data)[at + 4 : end]) != check:
                return None
            parts.append(data[at + 8 : end])
        at = end + 4
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _wrapped(head: bytes, raw: Array, adler: bytes) -> Array:
    """A PNG of one IDAT chunk, in stored blocks: two copies by NumPy, which holds no lock."""
    full = (len(raw) - 1) // _BLOCK
    rest = len(raw) - full * _BLOCK
    size = 2 + full * (_BLOCK + 5) + 5 + rest + 4
    out = np.empty(_HEAD + 12 + size + len(_END), np.uint8)
    view, start = out.data, _HEAD + 10
    view[:start] = head + struct.pack(">I4s", size, b"IDAT") + b"\x78\x01"
    last = start + full * (_BLOCK + 5)
    blocks = out[start:last].reshape(full, _BLOCK + 5)
    blocks[:, :5] = np.frombuffer(struct.pack("<BHH", 0, _BLOCK, 0), np.uint8)
    blocks[:, 5:] = raw[: full * _BLOCK].reshape(full, _BLOCK)
    view[last : last + 5] = struct.pack("<BHH", 1, rest, rest ^ 0xFFFF)
    end = last + 5 + rest
    out[last + 5 : end] = raw[full * _BLOCK :]
    view[end : end + 4] = adler
    check = zlib_ng.crc32(view[_HEAD + 4 : end + 4])
    view[end + 4 :] = struct.pack(">I", check) + _END
    return out
