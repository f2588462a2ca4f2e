"""Compute the output image from colors and alpha at working size."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def uncomposite(image: Array, alpha: Array, background: Array, width: int, height: int) -> Array:
    """Remove the background's color from partly transparent pixels.

    The image is C = F + (1 - A) B with F premultiplied. Averaging over an output pixel's area
    keeps that equation, so F = C - (1 - A) B is exact at output size (Smith and Blinn, "Blue
    screen matting", 1996, with B known). No background color remains to make a halo.

    Args:
        image: (h, w, 3) uint8 BGR.
        alpha: (h, w) uint8.
        background: its color, (3,), or coarse and of any size where a shadow tints it; float32.
        width: of the output, px.
        height: of the output, px.

    Returns:
        (height, width, 4) uint8 RGBA, straight alpha.
    """
    size = (width, height)
    color = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    opacity = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    out = np.zeros((height, width, 4), np.uint8)
    cv2.copyTo(cv2.cvtColor(color, cv2.COLOR_BGR2RGBA), opacity, out)
    cv2.insertChannel(opacity, out, 3)
    flat = out.reshape(-1, 4)
    partial = np.flatnonzero((opacity - np.uint8(1)) < np.uint8(254))
    a = opacity.ravel()[partial].astype(np.float32)[:, None] * np.float32(1 / 255)
    if background.ndim == 3:
        background = cv2.resize(background, size, interpolation=cv2.INTER_LINEAR)
        background = background.reshape(-1, 3)[partial]
    foreground = (color.reshape(-1, 3)[partial] - (1 - a) * background) / a
    flat[partial, :3] = np.clip(foreground + np.float32(0.5), 0, 255)[:, ::-1]
    return out


def fit_size(image: Array, side: int) -> tuple[int, int]:
    """Return the width and height that fit an image into a square."""
    height, width = image.shape[:2]
    scale = side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def to_rgba(image: Array) -> Array:
    """Convert (h, w, 3) BGR to opaque (h, w, 4) RGBA."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGBA))


def resize(image: Array, width: int, height: int) -> Array:
    """Resize by area, so that transparent pixels contribute no color.

    Colors are premultiplied by alpha (Porter and Duff, 1984).

    Args:
        image: (h, w, 3) uint8 BGR or (h, w, 4) uint8 BGRA, straight alpha.
        width: of the output, px.
        height: of the output, px.

    Returns:
        (height, width, 3) uint8 BGR or (height, width, 4) uint8 RGBA: the order is reversed.
    """
    size = (width, height)
    if image.shape[2] == 3:
        return _resize_channels(image, size)
    blue, green, red, alpha = cv2.split(image)
    premultiplied = [cv2.multiply(c, alpha, scale=1 / 255) for c in (red, green, blue)]
    out = _resize_channels(cv2.merge([*premultiplied, alpha]), size).astype(np.float32)
    out[..., :3] *= 255 / np.maximum(out[..., 3:], 1)
    return np.asarray(np.clip(out + np.float32(0.5), 0, 255).astype(np.uint8))


def _resize_channels(image: Array, size: tuple[int, int]) -> Array:
    """Average by area downwards and interpolate linearly upwards.

    Large images are halved first, which is faster.
    """
    height, width = image.shape[:2]
    if width < size[0] or height < size[1]:
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    elif width >= 2 * size[0] and height >= 2 * size[1] and width % 2 == height % 2 == 0:
        half = (width // 2, height // 2)
        image = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
    if (image.shape[1], image.shape[0]) != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return image


def pad(image: Array, size: int, top: int, left: int) -> Array:
    """Place an (h, w, 4) image on a transparent square of size x size px."""
    height, width = image.shape[:2]
    if height == width == size:
        return image
    canvas = np.zeros((size, size, 4), np.uint8)
    canvas[top : top + height, left : left + width] = image
    return canvas


def center(image: Array, size: int) -> Array:
    """Center an (h, w, 4) image on a transparent square of size x size px."""
    height, width = image.shape[:2]
    return pad(image, size, (size - height) // 2, (size - width) // 2)


def content_box(height: int, width: int, size: int) -> tuple[slice, slice]:
    """Return where `center` places an image of this height and width in a square."""
    top, left = (size - height) // 2, (size - width) // 2
    return slice(top, top + height), slice(left, left + width)
