"""Of a file whose last bytes are missing, all that arrived is used."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app import imaging
from app.imaging.formats.decode import decode
from app.imaging.formats.header import read_file
from tests.support.images.dirty_files import photo
from tests.support.images.sample_images import encoded
from tests.support.tables import each_row


def pixels(data: bytes) -> NDArray[Any]:
    """Return what the cutout gets to see."""
    return decode(read_file(data))


def noise_file(kind: str, *, progressive: bool = False) -> bytes:
    """Return an image of noise, of which each byte of the file shows a part."""
    noise = np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    options = {"progressive": True} if progressive else {}
    return encoded(Image.fromarray(noise), kind, **options)


@each_row("cut", [1, 2, 3, 5, 9, 12, 16, 20, 24, 40, 64])
@each_row("kind, progressive", [("PNG", False), ("JPEG", False), ("JPEG", True)])
def test_a_file_without_its_last_bytes_is_used(cut: int, kind: str, progressive: bool) -> None:
    """Of a file whose tail is missing, all that arrived is shown."""
    whole = noise_file(kind, progressive=progressive)
    found, expected = pixels(whole[:-cut]), pixels(whole)
    assert found.shape == expected.shape
    assert (found != expected).any(axis=2).mean() < 0.03


@each_row("cut", [14, 18, 22, 26, 32, 48])
def test_a_plain_area_at_the_end_may_be_missing(cut: int) -> None:
    """A few bytes can be many lines of background; they repeat the line above."""
    image = Image.new("RGB", (256, 256), "white")
    image.paste(photo(), (80, 60))
    data = encoded(image)
    assert np.array_equal(pixels(data[:-cut]), pixels(data))


@each_row("kind, progressive, part", [
        ("PNG", False, 0.2), ("PNG", False, 0.5), ("PNG", False, 0.9),
        ("JPEG", False, 0.2), ("JPEG", False, 0.5), ("JPEG", False, 0.9),
        ("JPEG", True, 0.2), ("JPEG", True, 0.4), ("JPEG", True, 0.6),
    ])  # fmt: skip
def test_an_image_without_its_lower_part_is_refused(
    kind: str, progressive: bool, part: float
) -> None:
    """A file that lacks more than 3 % of its pixels, or most of their detail, is no image."""
    data = noise_file(kind, progressive=progressive)
    for use in (pixels, imaging.inspect):
        with pytest.raises(imaging.NotAnImage):
            use(data[: int(len(data) * part)])
