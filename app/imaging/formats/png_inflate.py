"""Rebuild a PNG for the decoder, with nothing but its pixels.

Files that are inflated by zlib-ng on the way are decoded faster: OpenCV's wheels contain zlib
1.2.11, whose inflate takes a large part of the time of decoding an image model's PNG. That saves
about a tenth of a whole cutout of a model's RGB file; flat drawings have little to inflate
(docs/decisions.md). Scan lines stay filtered; the decoder reverses the filters.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from zlib_ng import zlib_ng

from app.imaging.formats.png_reader import (
    CHANNELS,
    GRAY,
    PALETTE,
    RGB,
    RGBA,
    SIGNATURE,
    PngFile,
)

Array = npt.NDArray[Any]

MAX_INFLATED_PIXELS = 3_000_000  # copying more would block other threads for too long
MIN_COMPRESSED = 0.2  # of the inflated size: what is smaller, OpenCV inflates as fast
MAX_MISSING_SHARE = 0.03  # of the pixels, that a damaged file may lack
_MAX_FLAT_SHARE = 0.33  # of the pixels, if no more than these bytes are missing: a plain area
_MAX_MISSING_BYTES = 64
_INFLATED_TYPES = {GRAY, RGB, RGBA}
_HEAD_SIZE = 33  # bytes of signature and IHDR
_BLOCK_SIZE = 65535  # bytes of a stored block at most (RFC 1951, section 3.2.4)
_IEND = b"\0\0\0\0IEND\xaeB`\x82"
_ZLIB_HEADER = b"\0\0\0\2IDAT\x78\x01" + struct.pack(">I", zlib_ng.crc32(b"IDAT\x78\x01"))
_RAW_DEFLATE = -15  # window size in bits, without header and checksum
_PIECE_SIZE = 64 * 1024
_FEED_SIZE = 64  # bytes that are lost at most where the compressed data is damaged
_LAST_FILTER = 4
_REPEAT = 2  # the filter "up"; with zeros it repeats the line above
_ADAM7 = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
    (0, 1, 1, 2),
)  # fmt: skip


def with_stored_pixels(png: PngFile) -> Array | None:
    """Return a PNG with its pixels stored instead of compressed.

    Supports 8-bit gray, RGB and RGBA that is not interlaced.

    Returns:
        The file as (n,) uint8, or None if it is unsupported, too large, not worth it, damaged or
        truncated.
    """
    supported = png.depth == 8 and png.color_type in _INFLATED_TYPES and not png.interlaced
    if not supported or png.width * png.height > MAX_INFLATED_PIXELS:
        return None
    size = (png.width * CHANNELS[png.color_type] + 1) * png.height
    if sum(len(part) for part in png.data) < MIN_COMPRESSED * size:
        return None
    decompressor = zlib_ng.decompressobj(_RAW_DEFLATE)
    try:
        raw = decompressor.decompress(_compressed(png), size)
    except zlib_ng.error:  # type: ignore[misc]  # reason: its stub declares an instance
        return None
    return None if len(raw) < size else _build_stored(png, raw)


def with_compressed_pixels(png: PngFile) -> Array:
    """Return a PNG with the same compressed pixels, and no other chunks; (n,) uint8."""
    body = b"IDAT" + b"".join(png.data)
    checksum = struct.pack(">I", zlib_ng.crc32(body))
    file = b"".join((_head(png), struct.pack(">I", len(body) - 4), body, checksum, _IEND))
    return np.frombuffer(file, np.uint8)


def with_repaired_pixels(png: PngFile) -> Array | None:
    """Return a PNG in which missing last lines repeat the line above.

    Returns:
        The file as (n,) uint8, or None if too much is missing: more than 3 %, or more than a third
        if that is only a few bytes of the file.
    """
    passes = list(_passes(png))
    total = sum(size * count for size, count in passes)
    raw = np.zeros(total, np.uint8)
    inflated = _inflate_until_damage(_compressed(png), total)
    raw[: len(inflated)] = inflated
    end = _end_of_lines(raw, len(inflated), passes)
    is_short = 0 < png.missing_bytes <= _MAX_MISSING_BYTES
    if total - end > (_MAX_FLAT_SHARE if is_short else MAX_MISSING_SHARE) * total:
        return None
    raw[end:] = 0
    offset = 0
    for size, count in passes:
        first = max(0, end - offset) // size  # no line that begins before the end is missing
        raw[offset : offset + size * count].reshape(count, size)[first:, 0] = _REPEAT
        offset += size * count
    return _build_stored(png, raw.data)


def _compressed(png: PngFile) -> memoryview:
    """Return the deflated data, without the header of two bytes.

    The checksum behind it is not verified.
    """
    return memoryview(b"".join(png.data))[2:]


def _inflate_until_damage(compressed: memoryview, max_size: int) -> Array:
    """Return what can be inflated, (n,) uint8; the piece that is damaged in small steps."""
    decompressor, raw = zlib_ng.decompressobj(_RAW_DEFLATE), bytearray()
    size, start = _PIECE_SIZE, 0
    while start < len(compressed) and len(raw) <= max_size:
        before = _copy(decompressor) if size == _PIECE_SIZE else decompressor
        try:
            raw += decompressor.decompress(
                compressed[start : start + size], max_size - len(raw) + 1
            )
        except zlib_ng.error:  # type: ignore[misc]  # reason: its stub declares an instance
            if size == _FEED_SIZE:
                break
            decompressor, size = before, _FEED_SIZE
        else:
            start += size
    return np.frombuffer(raw, np.uint8)[:max_size]


def _copy(decompressor: Any) -> Any:
    return decompressor.copy()  # its stub lacks this


def _end_of_lines(raw: Array, available: int, passes: Sequence[tuple[int, int]]) -> int:
    """Return where the last line ends before which all are whole and have a known filter."""
    offset = 0
    for size, count in passes:
        whole = min(count, (available - offset) // size)
        filters = raw[offset : offset + size * whole].reshape(whole, size)[:, 0]
        unknown = np.flatnonzero(filters > _LAST_FILTER)
        lines = int(unknown[0]) if unknown.size else whole
        offset += size * lines
        if lines < count:
            break
    return offset


def _passes(png: PngFile) -> Iterator[tuple[int, int]]:
    """Yield the bytes of a scan line with its filter type, and the number of lines, by pass."""
    bits = png.depth * CHANNELS[png.color_type]
    for x, y, step_x, step_y in _ADAM7 if png.interlaced else ((0, 0, 1, 1),):
        width = -(-(png.width - x) // step_x)
        height = -(-(png.height - y) // step_y)
        if width > 0 and height > 0:
            yield 1 + -(-width * bits // 8), height


def _head(png: PngFile) -> bytes:
    """Return signature and header; a palette's indexes become levels of gray."""
    color_type = GRAY if png.color_type == PALETTE else png.color_type
    fields = png.width, png.height, png.depth, color_type, 0, 0, png.interlaced
    body = b"IHDR" + struct.pack(">IIBBBBB", *fields)
    return SIGNATURE + struct.pack(">I", 13) + body + struct.pack(">I", zlib_ng.crc32(body))


def _build_stored(png: PngFile, raw: bytes | memoryview) -> Array:
    """Build a PNG of stored blocks.

    The first IDAT chunk has only the header of the zlib stream, as OpenCV copies the first one
    once more. NumPy makes the two copies, and releases the interpreter lock while it does.
    """
    full = (len(raw) - 1) // _BLOCK_SIZE
    rest = len(raw) - full * _BLOCK_SIZE
    size = full * (_BLOCK_SIZE + 5) + 5 + rest + 4
    values = np.frombuffer(raw, np.uint8)
    start = _HEAD_SIZE + len(_ZLIB_HEADER) + 8
    out = np.empty(start + size + 4 + len(_IEND), np.uint8)
    view = out.data
    view[:start] = _head(png) + _ZLIB_HEADER + struct.pack(">I4s", size, b"IDAT")
    last = start + full * (_BLOCK_SIZE + 5)
    blocks = out[start:last].reshape(full, _BLOCK_SIZE + 5)
    blocks[:, :5] = np.frombuffer(struct.pack("<BHH", 0, _BLOCK_SIZE, 0), np.uint8)
    blocks[:, 5:] = values[: full * _BLOCK_SIZE].reshape(full, _BLOCK_SIZE)
    view[last : last + 5] = struct.pack("<BHH", 1, rest, rest ^ 0xFFFF)
    end = last + 5 + rest
    out[last + 5 : end] = values[full * _BLOCK_SIZE :]
    view[end : end + 4] = struct.pack(">I", zlib_ng.adler32(raw))
    checksum = zlib_ng.crc32(view[start - 4 : end + 4])
    view[end + 4 :] = struct.pack(">I", checksum) + _IEND
    return out
