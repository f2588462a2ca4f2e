"""Pictures as pure functions from bytes to bytes: no I/O, no settings, safe in many threads.

Importing this package is cheap; OpenCV, NumPy and Pillow are loaded by the first picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Holes = Literal["auto", "keep", "cut"]

MAX_PIXELS = 3840 * 2160
"""The largest picture that is decoded, in pixels: what the image models draw at most."""


class UnusablePicture(Exception):
    """The bytes are not a PNG, WEBP or JPEG that can be decoded within MAX_PIXELS."""


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a picture's header says; `width` and `height` in pixels."""

    format: Literal["png", "webp", "jpeg"]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Cutout:
    """A cut-out picture as PNG bytes (RGBA, `size` pixels square) and what was found on the way."""

    png: bytes
    size: int
    report: Mapping[str, Any]


def inspect(data: bytes) -> PictureInfo:
    """Read format and size from the header, without decoding any pixel.

    Raises:
        UnusablePicture: not a PNG, WEBP or JPEG, or more than MAX_PIXELS.
    """
    from app.imaging import header

    return header.inspect(data)


def cutout(data: bytes, *, size: int = 256, holes: Holes = "auto") -> Cutout:
    """Make the background transparent and fit the picture, centred, into `size` x `size` pixels.

    Args:
        data: PNG, WEBP or JPEG bytes.
        size: side of the square result, in pixels.
        holes: whether enclosed areas of the background's colour are holes (`cut`) or paint
            (`keep`); `auto` decides.

    Raises:
        UnusablePicture: the bytes can't be decoded.
    """
    from app.imaging import pipeline

    return pipeline.cutout(data, size=size, holes=holes)
