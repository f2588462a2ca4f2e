"""Image files of millions of segments or chunks."""

import io
import struct
import time
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.imaging import NotAnImage
from app.imaging.formats import jpeg_reader, png_inflate, webp_reader
from app.imaging.formats.decode import decode
from app.imaging.formats.header import read_file, read_header
from app.imaging.formats.png_reader import read_png
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
    return decode(read_file(data))


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


NINE_MB = 9 * 1024 * 1024
SEARCHED = {
    "fill bytes": jpeg(first=b"\xff" * NINE_MB),
    "stuffing": jpeg(first=b"\xff\0" * (NINE_MB // 2)),
    "comments": jpeg(first=segment(0xFE, b"") * (NINE_MB // 4)),
    "WEBP chunks": webp(before=riff_chunk(b"JUNK", b"") * (NINE_MB // 8)),
}


@pytest.mark.parametrize("name", SEARCHED)
@attack("A file of nine megabytes before its image", expect="refused")
def test_search_for_an_image_has_a_bound(name: str, observe: Observe) -> None:
    """Beyond eight megabytes that are neither segments nor pixels, nothing is searched for."""
    with pytest.raises(NotAnImage):
        read_header(SEARCHED[name])
    observe("refused")


@pytest.mark.parametrize("filling", [b"\xff\xd0", b"\xff\xff", b"\xff\0", b"\0\0"])
@attack("A JPEG with far more data than its pixels take", expect="refused")
def test_jpeg_with_too_much_data_is_refused(filling: bytes, observe: Observe) -> None:
    """Restart markers, fill bytes or zeros in a scan; a little is skipped by the decoder."""
    data = jpeg()
    few, many = (data[:-2] + filling * count + data[-2:] for count in (1000, 200_000))
    assert np.array_equal(pixels(few), pixels(data))
    with pytest.raises(NotAnImage, match="too much data"):
        read_header(many)
    observe("refused")


@pytest.mark.parametrize("progressive", [0, 1])
def test_jpeg_of_noise_is_within_the_bounds(progressive: int) -> None:
    """It has the most data that an encoder writes, little more than half of the bound."""
    noise = np.random.default_rng(1).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    options = {
        cv2.IMWRITE_JPEG_QUALITY: 100,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        cv2.IMWRITE_JPEG_PROGRESSIVE: progressive,
    }
    _, encoded = cv2.imencode(".jpg", noise, [value for pair in options.items() for value in pair])
    data = encoded.tobytes()
    assert len(data) < jpeg_reader._MAX_PIXEL_BYTES * noise.size / 3 / 1.7
    assert pixels(data).shape == noise.shape


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
def test_png_of_tiny_chunks_is_decoded(name: str) -> None:
    """Whatever the kind of its pixels, they are those of the same file with few chunks."""
    assert np.array_equal(pixels(_in_tiny_chunks(PNGS[name])), pixels(PNGS[name]))


@pytest.mark.parametrize("name", [b"tEXt", b"abCd", b"caBX", b"eXIf"])
def test_png_of_other_chunks_is_decoded(name: bytes) -> None:
    """Metadata does not cost the image, for ten times what any encoder writes."""
    data = png(before=chunk(name, b"a\0b") * MANY)
    assert np.array_equal(pixels(data), pixels(png()))


@pytest.mark.parametrize(
    "flood",
    [
        {"before": chunk(b"tEXt", b"a\0b") * 100_000},
        {"before": chunk(b"IDAT", b"") * 100_000},
        {"behind": b"\xff\xff\xff\xffIHDR" * 100_000},
    ],
    ids=["texts", "no pixels", "damaged"],
)
@attack("A PNG of 100,000 chunks", expect="refused")
def test_png_of_too_many_chunks_is_refused(flood: dict[str, bytes], observe: Observe) -> None:
    """The walk ends, and the decoder does not begin another one."""
    with pytest.raises(NotAnImage, match="too many chunks"):
        read_header(png(**flood))
    observe("refused")


@attack("A truncated PNG of 200,000 lines", expect="repaired, with no object for each line")
def test_truncated_png_of_lines_is_repaired_in_bounds(observe: Observe) -> None:
    """It is repaired with a few copies of its pixels in memory."""
    lines = 200_000
    file = io.BytesIO()
    Image.fromarray(np.tile(np.array([[1], [200]], np.uint8), (lines // 2, 1))).save(file, "PNG")
    damaged = read_png(file.getvalue()[:-20])
    tracemalloc.start()
    repaired = png_inflate.with_repaired_pixels(damaged)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert repaired is not None
    assert pixels(repaired.tobytes()).shape == (lines, 1, 3)
    of_lines = "no object" if peak < 8 * 2 * lines else f"{peak} bytes"
    observe(f"repaired, with {of_lines} for each line")


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt"])
@attack("A PNG of texts that inflate to gigabytes", expect="not inflated")
def test_texts_are_not_inflated(name: bytes, observe: Observe) -> None:
    """The decoder gets the pixels alone: 900 texts of 8 MB took it nine seconds."""
    start = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0"}[name]
    texts = chunk(name, start + zlib.compress(bytes(7_900_000), 9)) * 900
    data = png(before=texts + chunk(b"tEXt", b"a\0b") * MANY)
    began = time.process_time()
    assert np.array_equal(pixels(data), pixels(png()))
    observe("not inflated" if time.process_time() - began < 2 else "inflated")


def test_truncated_png_of_tiny_chunks_is_repaired() -> None:
    """It is repaired as any other file."""
    data = _in_tiny_chunks(PNGS["RGB"])[:-60]
    assert read_header(data).truncated
    assert np.array_equal(pixels(data)[:-1], pixels(PNGS["RGB"])[:-1])


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
