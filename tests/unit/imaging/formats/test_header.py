"""Which files are accepted as images; nothing else is ever decoded."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app import imaging
from app.imaging import UnusableImage
from tests.support.fake_openai import sample_images as fake_images
from tests.support.images.sample_images import encoded, owl
from tests.support.servers import python_process
from tests.support.tables import each_row

FILES = {kind: encoded(owl(64, 48), kind) for kind in ("PNG", "JPEG", "WEBP")}
MEMORY = """
import pathlib, re
from app import imaging
from tests.support.fake_openai import sample_images

def memory(name):
    status = pathlib.Path("/proc/self/status").read_text()  # ru_maxrss would start at the parent's
    return int(re.search(name + r":\\s+(\\d+) kB", status)[1]) // 1024

imaging.cutout(sample_images.draw(640, 480, 0))
bomb = sample_images.bomb(20_000, 20_000)
before = memory("VmRSS")
for read in (imaging.inspect, imaging.cutout):
    try:
        read(bomb)
    except imaging.UnusableImage:
        continue
    raise AssertionError("the bomb was accepted")
print(memory("VmHWM") - before)
"""


@pytest.mark.parametrize("kind", FILES)
def test_the_header_has_format_and_size(kind: Any) -> None:
    """Format and size are read without decoding a pixel."""
    info = imaging.inspect(FILES[kind])
    assert (info.format, info.width, info.height) == (kind.lower(), 64, 48)


REFUSED = {
    "gif": encoded(owl(64, 48), "GIF"),
    "bmp": encoded(owl(64, 48), "BMP"),
    "tiff": encoded(owl(64, 48), "TIFF"),
    "svg": fake_images.SVG,
    "text": fake_images.TEXT,
    "html": b"<!doctype html><title>x</title>",
    "nothing": b"",
    "truncated png header": FILES["PNG"][:20],
    "truncated jpeg header": FILES["JPEG"][:20],
    "truncated webp header": FILES["WEBP"][:20],
    "bomb": fake_images.bomb(20_000, 20_000),
    "one line too many": fake_images.bomb(3840, 2161),
}


@each_row("name", REFUSED)
@each_row("read", [imaging.inspect, imaging.cutout])
def test_other_files_are_refused(name: str, read: Any) -> None:
    """Only PNG, WEBP and JPEG of an accepted size are read, whatever a file claims to be."""
    with pytest.raises(UnusableImage):
        read(REFUSED[name])


def test_the_largest_image_is_accepted() -> None:
    """The largest size that the image models generate is accepted."""
    data = encoded(Image.new("RGB", (3840, 2160), "white"))
    assert imaging.MAX_PIXELS == 3840 * 2160
    info = imaging.inspect(data)
    assert (info.format, info.width, info.height) == ("png", 3840, 2160)


def test_a_bomb_is_never_decoded() -> None:
    """An image of too many pixels is refused by its header, before any memory is allocated."""
    assert int(python_process.run(MEMORY)) < 50


@each_row("kind", FILES)
@each_row("part", [0.3, 0.6, 0.95])
def test_a_truncated_image_is_refused(kind: str, part: float) -> None:
    """A file without its end is refused instead of shown with its lower half missing."""
    noise = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(UnusableImage):
        imaging.cutout(data[: int(len(data) * part)])


def progressive_jpeg(extra_scans: int) -> bytes:
    """Return a progressive JPEG whose last scan, of 42 bytes, is repeated."""
    out = io.BytesIO()
    Image.new("L", (3840, 2160), 200).save(out, "JPEG", progressive=True, quality=50)
    file = out.getvalue()
    last = file.rfind(b"\xff\xc4", 0, file.rfind(b"\xff\xda"))  # with its table
    return file[:-2] + file[last:-2] * extra_scans + b"\xff\xd9"


def test_a_jpeg_of_many_scans_is_refused() -> None:
    """A small JPEG that would take minutes to decode is refused: each scan can cost a pass."""
    assert imaging.inspect(progressive_jpeg(20)).format == "jpeg"
    file = progressive_jpeg(2000)
    assert len(file) < 200_000
    with pytest.raises(imaging.UnusableImage):
        imaging.inspect(file)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data: bytes) -> None:
    """Random bytes raise UnusableImage and nothing else."""
    with pytest.raises(UnusableImage):
        imaging.cutout(data)


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=60)
@given(data=st.data())
def test_damaged_files_raise_only_unusable_image(kind: str, data: st.DataObject) -> None:
    """A file with wrong bytes is cut out or refused; no library's own error is raised."""
    damaged = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged) - 1)) :]
    try:
        result = imaging.cutout(bytes(damaged), size=64)
    except UnusableImage:
        return
    assert Image.open(io.BytesIO(result.png)).size == (64, 64)
