"""Image files of millions of segments or chunks."""

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.imaging import NotAnImage
from app.imaging.formats import jpeg_reader, png_reader, webp_reader
from app.imaging.formats.decode import decode
from app.imaging.formats.header import read_header
from tests.attacks import Observe, attack
from tests.support.images.dirty_files import (
    SIGNATURE,
    chunk,
    chunks,
    jpeg,
    photo,
    png,
    riff_chunk,
    segment,
    webp,
)

MANY = 30_000
Pixels = NDArray[np.uint8]


def pixels(data: bytes) -> Pixels:
    """Return what the cutout gets to see."""
    return decode(data, read_header(data))


JPEGS = {
    "empty comments": jpeg(first=segment(0xFE, b"") * MANY),
    "empty APP0": jpeg(first=segment(0xE0, b"") * MANY),
    "empty APP1": jpeg(first=segment(0xE1, b"") * MANY),
    "empty APP14": jpeg(first=segment(0xEE, b"") * MANY),
    "profiles of one byte": jpeg(first=segment(0xE2, b"ICC_PROFILE\0\1\1x") * MANY),
    "restarts": jpeg(first=b"\xff\xd0" * MANY),
    "before the scan": jpeg(before_scan=segment(0xFE, b"x") * MANY),
    "progressive": jpeg(first=segment(0xE5, b"xy") * MANY, progressive=True),
    "gray": jpeg(first=segment(0xFE, b"") * MANY, mode="L"),
    "behind the end": jpeg(end=segment(0xFE, b"") * MANY),
}
CLEAN_JPEGS = {"progressive": jpeg(progressive=True), "gray": jpeg(mode="L")}


@pytest.mark.parametrize("name", JPEGS)
@attack("A JPEG of empty segments", expect="decoded, 4000 segments read at most")
def test_jpeg_of_segments_is_walked_in_bounds(name: str, observe: Observe) -> None:
    """The pixels are those of the same file without them."""
    data, clean = JPEGS[name], CLEAN_JPEGS.get(name, jpeg())
    assert np.array_equal(pixels(data), pixels(clean))
    assert read_header(data).step == read_header(clean).step
    count = sum(1 for _ in jpeg_reader._segments(data))
    observe(f"decoded, {4000 if count <= 4000 else count} segments read at most")


@pytest.mark.parametrize("marker", [0xDB, 0xC4, 0xDD, 0xC0])
def test_jpeg_of_tables_is_refused(marker: int) -> None:
    """Thousands of tables are no image of any encoder."""
    with pytest.raises(NotAnImage, match="too many segments"):
        read_header(jpeg(first=segment(marker, b"") * MANY))


def test_large_profile_is_ignored() -> None:
    """A profile has 8 MB at most, which is more than any real one has."""
    part = b"ICC_PROFILE\0\1\1" + bytes(60_000)
    data = jpeg(first=segment(0xE2, part) * 150)
    assert jpeg_reader.read_jpeg(data).profile == b""
    assert np.array_equal(pixels(data), pixels(jpeg()))


def _png_of(mode: str, **options: object) -> bytes:
    file = io.BytesIO()
    image = photo().convert("RGB").quantize(16) if mode == "P" else photo().convert(mode)
    image.save(file, "PNG", **options)
    return file.getvalue()


def _in_tiny_chunks(data: bytes) -> bytes:
    """Return the same PNG with one byte in each IDAT chunk."""
    out = [SIGNATURE]
    for name, body in chunks(data):
        parts = [body[i : i + 1] for i in range(len(body))] if name == b"IDAT" else [body]
        out += [chunk(name, part) for part in parts]
    return b"".join(out)


PNGS = {mode: _png_of(mode) for mode in ("RGB", "RGBA", "L", "LA", "I;16", "1", "P")}
PNGS["a transparent color"] = _png_of("RGB", transparency=(2, 3, 255))
PNGS["a palette with alpha"] = _png_of("P", transparency=bytes(range(0, 160, 10)))
PNGS["gamma"] = png(before=chunk(b"gAMA", struct.pack(">I", 100_000)))


@pytest.mark.parametrize("name", PNGS)
@attack("A PNG of chunks of one byte", expect="decoded, 100 chunks read at most")
def test_png_of_tiny_chunks_is_left_to_the_decoder(
    name: str, monkeypatch: pytest.MonkeyPatch, observe: Observe
) -> None:
    """Whatever the kind of its pixels, they are those of the same file with few chunks."""
    monkeypatch.setattr(png_reader, "MAX_CHUNKS", 100)
    data = _in_tiny_chunks(PNGS[name])
    expected, found = pixels(PNGS[name]), pixels(data)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 1
    file = png_reader.read_png(data)
    observe(f"decoded, {len(file.data) if len(file.data) > 100 else 100} chunks read at most")


@pytest.mark.parametrize("name", [b"tEXt", b"abCd", b"caBX", b"eXIf"])
def test_png_of_other_chunks_is_left_to_the_decoder(name: bytes) -> None:
    """Metadata never costs the image, however much there is."""
    data = png(before=chunk(name, b"a\0b") * MANY)
    assert np.array_equal(pixels(data), pixels(png()))


def test_damaged_chunks_are_counted() -> None:
    """Names that repeat with wrong lengths are not searched for without end."""
    data = png(behind=b"\xff\xff\xff\xffIHDR" * MANY)
    with pytest.raises(NotAnImage):
        pixels(data)


def test_truncated_png_of_tiny_chunks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing of a file that only the decoder reads is not known."""
    monkeypatch.setattr(png_reader, "MAX_CHUNKS", 100)
    data = _in_tiny_chunks(PNGS["RGB"])[:-400]
    header = read_header(data)
    assert header.truncated
    with pytest.raises(NotAnImage):
        decode(data, header)


@pytest.mark.parametrize("lossless", [True, False])
@attack("A WEBP of empty chunks", expect="decoded, 4000 chunks read at most")
def test_webp_of_empty_chunks_is_walked_in_bounds(lossless: bool, observe: Observe) -> None:
    """The image is found behind any number of other chunks."""
    data = webp(before=riff_chunk(b"JUNK", b"") * MANY, lossless=lossless)
    assert np.array_equal(pixels(data), pixels(webp(lossless=lossless)))
    count = sum(1 for _ in webp_reader._chunks(data, 12))
    observe(f"decoded, {4000 if count <= 4000 else count} chunks read at most")


def test_photo_is_what_the_files_show() -> None:
    """The files of these tests have the pixels of the photo."""
    expected = np.asarray(photo())[..., ::-1]
    assert np.array_equal(pixels(png()), expected)
    assert Image.open(io.BytesIO(PNGS["P"])).mode == "P"
