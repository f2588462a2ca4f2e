"""From alpha at working size to the finished image at output size."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def uncomposite(work: Array, alpha: Array, paper: Array, width: int, height: int) -> Array:
    """Take the background back out: (height, width, 4) uint8 RGBA, straight alpha.

    The image is C = F + (1 - A) B with F premultiplied, and averaging over an output pixel's
    area keeps that true, so F = C - (1 - A) B holds exactly at output size (Smith and Blinn,
    "Blue screen matting", 1996, with B known). No trace of the paper is left to make a halo.

    Args:
        work: (h, w, 3) uint8 BGR.
        alpha: (h, w) uint8.
        paper: background color, (3,) or coarse and of any size where a shadow tints it; float32.
        width: of the output, px.
        height: of the output, px.
    """
    size = (width, height)
    color = cv2.resize(work, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    out = np.zeros((height, width, 4), np.uint8)
    cv2.copyTo(cv2.cvtColor(color, cv2.COLOR_BGR2RGBA), small, out)
    cv2.insertChannel(small, out, 3)
    flat = out.reshape(-1, 4)
    partial = np.flatnonzero((small - np.uint8(1)) < np.uint8(254))
    share = small.ravel()[partial].astype(np.float32)[:, None] * np.float32(1 / 255)
    if paper.ndim == 3:
        paper = cv2.resize(paper, size, interpolation=cv2.INTER_LINEAR).reshape(-1, 3)[partial]
    pure = (color.reshape(-1, 3)[partial] - (1 - share) * paper) / share
    flat[partial, :3] = np.clip(pure + np.float32(0.5), 0, 255)[:, ::-1]
    return out


def fitted(pixels: Array, side: int) -> tuple[int, int]:
    """Width and height in px at which an image just fits into a square, at least 1."""
    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def opaque(image: Array) -> Array:
    """An (h, w, 3) BGR image as (h, w, 4) RGBA."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGBA))


def shrink(pixels: Array, width: int, height: int) -> Array:
    """Resize an (h, w, 3 or 4) uint8 image by area; transparent pixels lend no color.

    With alpha the colors are weighted by it (Porter and Duff, 1984); BGRA becomes RGBA.
    """
    size = (width, height)
    if pixels.shape[2] == 3:
        return _resize(pixels, size)
    blue, green, red, opacity = cv2.split(pixels)
    weighted = [cv2.multiply(c, opacity, scale=1 / 255) for c in (red, green, blue)]
    small = _resize(cv2.merge([*weighted, opacity]), size).astype(np.float32)
    small[..., :3] *= 255 / np.maximum(small[..., 3:], 1)
    return np.asarray(np.clip(small + np.float32(0.5), 0, 255).astype(np.uint8))


def _resize(pixels: Array, size: tuple[int, int]) -> Array:
    """Area average downwards, linear upwards; large images are halved first, which is faster."""
    height, width = pixels.shape[:2]
    if width < size[0] or height < size[1]:
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
    elif width >= 2 * size[0] and height >= 2 * size[1] and width % 2 == height % 2 == 0:
        half = (width // 2, height // 2)
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)
    if (pixels.shape[1], pixels.shape[0]) != size:
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return pixels


def place(image: Array, size: int, top: int, left: int) -> Array:
    """Put an (h, w, 4) image on a transparent square of size x size px."""
    height, width = image.shape[:2]
    if height == width == size:
        return image
    full = np.zeros((size, size, 4), np.uint8)
    full[top : top + height, left : left + width] = image
    return full


def centre(image: Array, size: int) -> Array:
    """Put an (h, w, 4) image in the middle of a transparent square of size x size px."""
    height, width = image.shape[:2]
    return place(image, size, (size - height) // 2, (size - width) // 2)
