"""Read a JPEG's segments, whatever is wrong with those that don't matter.

Only what determines the pixels is kept: tables, frame, scans, and the JFIF and Adobe segments that
name the colors. Other segments, bytes between segments and whatever follows the image are dropped,
so that no damage to them costs an image.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import NamedTuple

from app.imaging.errors import NotAnImage

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
_MAX_SCANS = 64  # of a progressive JPEG; encoders write about ten
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})  # DHT, DAC, DQT, DRI
_DQT, _SOS, _EOI = 0xDB, 0xDA, 0xD9
_JFIF, _EXIF, _ICC, _APP11, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEB, 0xEE
_MAX_SEGMENTS = 2000
"""Segments that are read one by one. Real files have a few hundred; from there on, only those that
determine the pixels are searched for, by their markers, and no more than this number again."""

_MAX_SEARCHED_BYTES = 8 * 1024 * 1024
"""Bytes outside of segments and scans, in which a marker is searched for. Real files have none."""

_MAX_PIXEL_BYTES = 8
"""Compressed data for each pixel at most. Noise in the best quality takes four bytes."""

_MIN_SCAN_BYTES = 256 * 1024  # that an image of any size may have
_MAX_PROFILE_BYTES = 8 * 1024 * 1024
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a segment
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_PIXEL_MARKER = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xdb\xdd]")  # SOF, tables, SOS, EOI
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # anything but stuffing and restarts
_KEPT = _TABLES | {_SOS, _JFIF, _ADOBE}
_EXIF_PREFIX = b"Exif\0"
_ICC_PREFIX = b"ICC_PROFILE\0"
_MANIFEST_STORE = b"jumdc2pa"  # a JUMBF description box and the type of a manifest store


class _Segment(NamedTuple):
    """A marker, its contents and, of a scan, the compressed data behind it."""

    marker: int
    body: bytes
    scan: memoryview


@dataclass(frozen=True, kw_only=True)
class JpegFile:
    """What a JPEG file states about its pixels.

    Attributes:
        pixels: the file with nothing but them, and with an end.
        width, height: in px.
        components: 1 of gray, 3 of color, 4 of CMYK.
        mcu: width and height of the blocks that are stored one after the other, px.
        step: mean step of the first quantizer table.
        complete: whether it has an end.
        coarse: whether further scans are missing that have more than the last bit of the values.
        exif, profile: the contents of these segments; b"" if there are none.
        credentials: whether it has a C2PA manifest.
    """

    pixels: bytes
    width: int
    height: int
    components: int
    mcu: tuple[int, int]
    step: float
    complete: bool
    coarse: bool
    exif: bytes
    profile: bytes
    credentials: bool


def read_jpeg(data: bytes) -> JpegFile:
    """Read the segments of a JPEG file.

    Raises:
        NotAnImage: it has no frame, two different ones, no scan, too many scans or tables, or
            far more data than its pixels can take.
    """
    segments = list(_segments(data))
    scans = [segment for segment in segments if segment.marker == _SOS]
    frames = [segment for segment in segments if segment.marker in _SOF]
    if len(scans) > _MAX_SCANS:  # each can cost a pass over all pixels
        raise NotAnImage("the JPEG file has too many scans")
    if not frames or len(frames[0].body) < 9 or not scans:
        raise NotAnImage("the JPEG file has no frame")
    if any(frame.body[1:5] != frames[0].body[1:5] for frame in frames):
        raise NotAnImage("the JPEG file states two sizes")
    height, width, components = struct.unpack_from(">HHB", frames[0].body, 1)
    scan_bytes = sum(len(segment.scan) for segment in scans)
    if scan_bytes > max(_MIN_SCAN_BYTES, _MAX_PIXEL_BYTES * width * height):
        raise NotAnImage("the JPEG file has too much data for its size")
    kept = [each for each in segments if each.marker in _KEPT or each is frames[0]]
    return JpegFile(
        pixels=_without_fill(b"".join(chain([SOI], *map(_parts_of, kept), [EOI]))),
        width=width,
        height=height,
        components=components,
        mcu=_mcu(frames[0].body),
        step=_quantizer_step(segments),
        complete=segments[-1].marker == _EOI,
        coarse=any(last & 15 for last in scans[-1].body[-1:]),
        exif=_find_exif(segments),
        profile=_join_profile([each.body for each in segments if each.marker == _ICC]),
        credentials=_has_manifest(segments),
    )


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield the segments up to the end of the first image.

    Raises:
        NotAnImage: there are too many that determine the pixels.
    """
    view, offset, scanned, count = memoryview(data), len(SOI), False, 0
    marker_pattern, searched = _MARKER, 0
    while found := marker_pattern.search(data, offset, offset + _MAX_SEARCHED_BYTES - searched):
        count += 1
        searched += found.start() - offset
        if count > _MAX_SEGMENTS:
            marker_pattern = _PIXEL_MARKER
        if count > 2 * _MAX_SEGMENTS:
            raise NotAnImage("the JPEG file has too many segments")
        marker, offset = data[found.start() + 1], found.end()
        if marker == _EOI:
            if scanned:
                yield _Segment(marker, b"", view[:0])
                return
            continue
        if marker in _ALONE:
            continue
        length = int.from_bytes(data[offset : offset + 2], "big")
        body, offset = data[offset + 2 : offset + length], offset + max(length, 2)
        start = offset
        if marker == _SOS:
            end = _SCAN_END.search(data, offset)
            offset, scanned = (end.start() if end else len(data)), True
        yield _Segment(marker, body, view[start:offset])


def _parts_of(segment: _Segment) -> list[bytes | memoryview]:
    length = len(segment.body) + 2
    return [struct.pack(">BBH", 0xFF, segment.marker, length), segment.body, segment.scan]


def _without_fill(file: bytes) -> bytes:
    """Return the file without the fill bytes before its end, usually uncopied."""
    if not file.endswith(b"\xff" + EOI):
        return file
    return file[: -len(EOI)].rstrip(b"\xff") + EOI


def _find_exif(segments: list[_Segment]) -> bytes:
    found = (each.body for each in segments if each.marker == _EXIF)
    return next((body for body in found if body.startswith(_EXIF_PREFIX)), b"")


def _has_manifest(segments: list[_Segment]) -> bool:
    """Find a manifest store before the first scan (C2PA 2.2, annex A.3; ISO 19566-5)."""
    starts = (
        each.body[:62]
        for each in takewhile(lambda each: each.marker != _SOS, segments)
        if each.marker == _APP11
    )
    return any(start.startswith(b"JP") and _MANIFEST_STORE in start for start in starts)


def _quantizer_step(segments: list[_Segment]) -> float:
    """Return the mean step of the first quantizer table with steps of 8 bits."""
    tables = (each.body for each in segments if each.marker == _DQT)
    return next((sum(body[1:65]) / 64 for body in tables if len(body) >= 65), 0.0)


def _mcu(frame: bytes) -> tuple[int, int]:
    factors = frame[7::3]
    if len(factors) == 1:
        return 8, 8
    return 8 * max(1, *(f >> 4 for f in factors)), 8 * max(1, *(f & 15 for f in factors))


def _join_profile(segments: list[bytes]) -> bytes:
    """Join the parts of an ICC profile, in the order of their numbers; b"" if it is too large."""
    size = len(_ICC_PREFIX)
    parts = [part for part in segments if part.startswith(_ICC_PREFIX)]
    if sum(map(len, parts)) > _MAX_PROFILE_BYTES:
        return b""
    return b"".join(
        part[size + 2 :] for part in sorted(parts, key=lambda part: part[size : size + 1])
    )
