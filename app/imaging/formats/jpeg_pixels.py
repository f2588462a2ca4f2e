"""Decode a JPEG's pixels, also those of a file whose last bytes are missing."""

import io
import warnings
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.imaging.errors import NotAnImage
from app.imaging.formats.color import cmyk_to_srgb
from app.imaging.formats.jpeg_reader import EOI, JpegFile

Array = npt.NDArray[Any]

_MAX_MISSING_SHARE = 0.03  # of the pixels, that a truncated file may lack
_MAX_MISSING_BLOCKS = 2  # that a small one may lack
_FILLER = b"\x55\xa3\x3c\x96" * 16  # compressed data that no file ends with
_NOISE = 8  # levels by which pixels beside missing ones may change
_MOST = 0.4  # of a missing block's pixels, that depend on what follows; of its neighbors', fewer
_PIL_ERRORS = (OSError, ValueError, SyntaxError, EOFError, MemoryError, IndexError, TypeError)


def decode_jpeg(jpeg: JpegFile) -> Array:
    """Decode a JPEG file.

    Returns:
        (h, w) gray or (h, w, 3) BGR uint8; in sRGB if it was CMYK.

    Raises:
        NotAnImage: the pixels are damaged, or more than 3 % of them are missing.
    """
    if jpeg.coarse and not jpeg.complete:
        raise NotAnImage("the JPEG file is truncated")
    pixels = _decode(jpeg, b"")
    return pixels if jpeg.complete else _repaired(jpeg, pixels)


def _decode(jpeg: JpegFile, filler: bytes) -> Array:
    file = jpeg.pixels[: -len(EOI)] + filler + EOI if filler else jpeg.pixels
    pixels = None
    if jpeg.components in {1, 3}:
        pixels = _decode_with_opencv(file)
    if pixels is None:
        pixels = _decode_with_pillow(file, jpeg.profile)
    if pixels.shape[:2] != (jpeg.height, jpeg.width):
        raise NotAnImage("the image can't be decoded")
    return pixels


def _decode_with_opencv(file: bytes) -> Array | None:
    try:
        pixels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    return None if pixels is None or pixels.dtype != np.uint8 else np.asarray(pixels)


def _decode_with_pillow(file: bytes, profile: bytes) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(file), formats=["JPEG"])
            image.load()
    except _PIL_ERRORS as e:
        raise NotAnImage("the image can't be decoded") from e
    if image.mode == "CMYK":
        return cmyk_to_srgb(image, profile)
    if image.mode == "L":
        return np.asarray(image)
    return np.asarray(cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR))


def _repaired(jpeg: JpegFile, pixels: Array) -> Array:
    """Return the pixels with missing blocks copied from the line above them.

    Blocks are missing if they depend on what follows the data. They are stored line by line.
    """
    missing = _changed_blocks(pixels, _decode(jpeg, _FILLER), jpeg.mcu)
    if not missing.any():
        return pixels
    first = int(np.flatnonzero(missing)[0])
    count, most = missing.size - first, max(_MAX_MISSING_BLOCKS, _MAX_MISSING_SHARE * missing.size)
    row, column = divmod(first, missing.shape[1])
    if count > most or not row:
        raise NotAnImage("the JPEG file is truncated")
    width, height = jpeg.mcu
    top, below, left = row * height, (row + 1) * height, column * width
    repaired = pixels.copy()
    repaired[top:below, left:] = pixels[top - 1, left:]
    repaired[below:] = pixels[top - 1]
    return repaired


def _changed_blocks(one: Array, other: Array, size: tuple[int, int]) -> Array:
    """Return which blocks of width and height differ in most of their pixels."""
    changed: Array = cv2.absdiff(one, other) > _NOISE
    changed = changed if changed.ndim == 2 else np.asarray(changed.any(axis=2))
    width, height = size
    padded = np.pad(
        changed, ((0, -changed.shape[0] % height), (0, -changed.shape[1] % width)), mode="edge"
    )
    blocks = padded.reshape(padded.shape[0] // height, height, padded.shape[1] // width, width)
    return np.asarray(blocks.mean(axis=(1, 3)) > _MOST)
