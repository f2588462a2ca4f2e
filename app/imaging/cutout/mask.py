"""Masks that erase and restore parts of a cutout by hand.

A mask lies stretched over the whole original. Black erases, white restores, and middle gray or
transparent pixels leave the decision to the cutout. Levels between erase or restore in part.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.options import MAX_MASK_BYTES, InvalidOption
from app.imaging.errors import UnusableImage
from app.imaging.formats.decode import decode
from app.imaging.formats.header import header_of, read_file

Array = npt.NDArray[Any]

_MAX_SIDE = 1024  # px of a normalized mask; the plain cutout is computed at 512
_LEAVE = 128  # level of a normalized mask that decides nothing; 0 erases, 255 restores
_DEAD_ZONE = 16  # levels around it that decide nothing either


def normalize_mask(data: bytes, *, width: int, height: int) -> bytes:
    """Reduce a caller's mask to what it decides; b"" if that is nothing.

    Args:
        data: a PNG file, gray or in color, with or without alpha.
        width: of the original, px.
        height: of the original, px.

    Returns:
        A gray PNG of at most 1024 x 1024 px without metadata: 0 erases, 128 leaves, 255 restores.

    Raises:
        InvalidOption: the file can't be decoded, is larger than the original, or too detailed.
    """
    try:
        file = read_file(data)
        header = header_of(file)
        if header.format != "png":
            raise InvalidOption("mask", "must be a PNG file")
        if header.width > width or header.height > height:
            raise InvalidOption("mask", "must not have more pixels than the original")
        pixels = decode(file)
    except UnusableImage as error:
        raise InvalidOption("mask", f"must be a PNG file: {error}") from None
    levels = _to_levels(pixels)
    if (levels == _LEAVE).all():
        return b""
    normalized = _encode(_shrink(levels))
    if len(normalized) > MAX_MASK_BYTES:
        raise InvalidOption("mask", "is too detailed; send one with larger areas")
    return normalized


@dataclass(frozen=True)
class Mask:
    """A mask at the size of an image.

    Attributes:
        erased: (h, w) uint8, the share of each pixel that is erased, in parts of 255.
        restored: the same of what is restored.
    """

    erased: Array
    restored: Array

    @classmethod
    def load(cls, data: bytes, image: Array) -> "Mask | None":
        """Return a normalized mask at the size of an (h, w, n) image; None without a mask."""
        if not data:
            return None
        levels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        if levels is None:  # only a damaged record has such a mask
            return None
        size = (image.shape[1], image.shape[0])
        erased = np.clip(2 * (_LEAVE - levels.astype(np.int32)), 0, 255).astype(np.uint8)
        restored = np.clip(2 * (levels.astype(np.int32) - _LEAVE) + 1, 0, 255).astype(np.uint8)
        restored[levels == _LEAVE] = 0
        return cls(_scale(erased, size), _scale(restored, size))

    def crop(self, box: tuple[int, int, int, int]) -> "Mask":
        """Return the part within a box: top, bottom, left and right, px."""
        top, bottom, left, right = box
        return Mask(self.erased[top:bottom, left:right], self.restored[top:bottom, left:right])

    def extend(self, box: tuple[int, int, int, int], margin: int) -> tuple[int, int, int, int]:
        """Return the box, extended to what is restored and a margin; even numbers, px."""
        x, y, w, h = cv2.boundingRect(self.restored)
        if not w:
            return box
        height, width = self.restored.shape
        top, bottom, left, right = box
        return (
            min(top, max(0, y - margin) & ~1),
            max(bottom, min(height, (y + h + margin + 1) & ~1)),
            min(left, max(0, x - margin) & ~1),
            max(right, min(width, (x + w + margin + 1) & ~1)),
        )

    def paint_background(self, image: Array, color: Array) -> Array:
        """Paint the background's color over what is erased, so that edges there stay smooth.

        Args:
            image: (h, w, 3) uint8 BGR.
            color: the background's color: (3,), or of any size where it varies; float32 BGR.
        """
        if not cv2.countNonZero(self.erased):
            return image
        if color.ndim == 3:
            size = (image.shape[1], image.shape[0])
            color = np.asarray(cv2.resize(color, size, interpolation=cv2.INTER_LINEAR))
        share = self.erased[..., None].astype(np.float32) / 255
        painted = image + (color - image) * share
        return np.asarray(np.clip(painted + np.float32(0.5), 0, 255).astype(np.uint8))

    def extend_background(self, background: Array) -> Array:
        """Add what is erased to an (h, w) uint8 mask of the background, 1 or 0."""
        return np.asarray(background | (self.erased >= 128).view(np.uint8))

    def fade_distance(self, distance: Array) -> Array:
        """Return the (h, w) uint8 distance from the background after painting it."""
        return np.asarray(cv2.multiply(distance, 255 - self.erased, scale=1 / 255))

    def correct_alpha(self, alpha: Array) -> Array:
        """Apply the mask to (h, w) uint8 alpha."""
        return np.asarray(np.minimum(np.maximum(alpha, self.restored), 255 - self.erased))


def apply_mask(data: bytes, image: Array) -> Array:
    """Apply a normalized mask, if any, to (h, w, 4) uint8 RGBA of the whole original."""
    mask = Mask.load(data, image)
    if mask is not None:
        image[..., 3] = mask.correct_alpha(image[..., 3])
    return image


def _to_levels(pixels: Array) -> Array:
    """Return (h, w) uint8 levels of a normalized mask."""
    gray = cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_BGR2GRAY)
    deviation = gray.astype(np.int32) - _LEAVE
    deviation[np.abs(deviation) <= _DEAD_ZONE] = 0
    if pixels.shape[2] == 4:
        deviation = deviation * pixels[..., 3] // 255
    return np.asarray((deviation + _LEAVE).astype(np.uint8))


def _shrink(levels: Array) -> Array:
    height, width = levels.shape
    scale = _MAX_SIDE / max(height, width)
    if scale >= 1:
        return levels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA))


def _encode(levels: Array) -> bytes:
    _, data = cv2.imencode(".png", levels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return data.tobytes()


def _scale(plane: Array, size: tuple[int, int]) -> Array:
    """Resize a plane; enlarged edges stay about a pixel wide."""
    height, width = plane.shape
    scale = max(size[0] / width, size[1] / height)
    if scale <= 1:
        return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
    enlarged = cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)
    sharpened = enlarged * np.float32(scale) - np.float32(127.5 * (scale - 1))
    return np.asarray(np.clip(sharpened + np.float32(0.5), 0, 255).astype(np.uint8))
