"""Which files are taken for images, and that nothing else is ever decoded."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app import imaging
from app.imaging import ImageInfo, UnusableImage
from app.imaging.errors import NotAnImage
from app.imaging.formats.decode import decode
from tests.support.fake_openai import sample_images as fake_images
from tests.support.images.sample_images import encoded, owl
from tests.support.servers import python_process

FILES = {kind: encoded(owl(64, 48), kind) for kind in ("PNG", "JPEG", "WEBP")}
WEIGH = """
import pathlib, re
from app import imaging
from tests.support.fake_openai import sample_images

def memory(name):
    status = pathlib.Path("/proc/self/status").read_text()  # ru_maxrss would start at the parent's
    return int(re.search(name + r":\\s+(\\d+) kB", status)[1]) // 1024

imaging.cutout(sample_images.draw(640, 480, 0))
bomb = sample_images.bomb(20_000, 20_000)
before = memory("VmRSS")
for look in (imaging.inspect, imaging.cutout):
    try:
        look(bomb)
    except imaging.UnusableImage:
        continue
    raise AssertionError("the bomb was accepted")
print(memory("VmHWM") - before)
"""


@pytest.mark.parametrize("kind", FILES)
def test_the_header_reports_format_and_size(kind: Any) -> None:
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
    "cut png header": FILES["PNG"][:20],
    "cut jpeg header": FILES["JPEG"][:20],
    "cut webp header": FILES["WEBP"][:20],
    "bomb": fake_images.bomb(20_000, 20_000),
    "one row too many": fake_images.bomb(3840, 2161),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("look", [imaging.inspect, imaging.cutout])
def test_anything_else_is_refused(name: str, look: Any) -> None:
    """Only PNG, WEBP and JPEG of a bearable size are looked into, whatever a file claims to be."""
    with pytest.raises(UnusableImage):
        look(REFUSED[name])


def test_the_largest_image_is_accepted() -> None:
    """What the image models draw at most can be cut out."""
    data = encoded(Image.new("RGB", (3840, 2160), "white"))
    assert imaging.MAX_PIXELS == 3840 * 2160
    info = imaging.inspect(data)
    assert (info.format, info.width, info.height) == ("png", 3840, 2160)


def test_a_bomb_is_never_decoded() -> None:
    """An image of too many pixels is refused by its header, in some bytes instead of gigabytes."""
    assert int(python_process.run(WEIGH)) < 50


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_half_an_image_is_no_image(kind: str, part: float) -> None:
    """A file that lost its end is refused, not shown with its lower half missing."""
    noise = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(UnusableImage):
        imaging.cutout(data[: int(len(data) * part)])


def test_a_second_header_is_refused_before_any_decoder() -> None:
    """A PNG that tells its size twice is refused by its headers alone: decoders differ on it."""
    twice = FILES["PNG"][:33] + FILES["PNG"][8:]
    with pytest.raises(UnusableImage):
        imaging.inspect(twice)


def test_nothing_is_decoded_in_another_size_than_was_measured() -> None:
    """Where the decoder finds another size than the header had, it is not let go on."""
    reported = ImageInfo("png", 32, 32, plain=False)
    with pytest.raises(NotAnImage):
        decode(FILES["PNG"], reported)


@given(st.binary(max_size=300))
def test_random_bytes_are_no_image(data: bytes) -> None:
    """Bytes that mean nothing are refused, and raise nothing else."""
    with pytest.raises(UnusableImage):
        imaging.cutout(data)


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=60)
@given(data=st.data())
def test_damaged_files_raise_nothing_else(kind: str, data: st.DataObject) -> None:
    """A file with wrong bytes in it is cut out or refused; no library's own error comes out."""
    damaged = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged) - 1)) :]
    try:
        result = imaging.cutout(bytes(damaged))
    except UnusableImage:
        return
    assert Image.open(io.BytesIO(result.png)).size == (256, 256)
