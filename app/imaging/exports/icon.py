"""Reduce an image to the small sizes of icons, so that it stays sharp."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.exports.ico import encode_ico
from app.imaging.variants.premultiply import premultiply

Array = npt.NDArray[Any]

ICON_SIDES = (16, 32, 48)
"""The sides of the images in a `format=ico`, in pixels."""

_VISIBLE = 16  # of 255: a paler rim gets no room in an icon
_SMALL_SIDE = 24  # px: at most this large, an icon has no room for detached details
_DETAIL_SHARE = 0.05  # of the largest part: smaller ones are details
# At 16 px; chosen by eye on cutouts. Larger icons need less in proportion.
_SHARPENING, _EDGE_CONTRAST = 0.9, 0.5
_BLUR = 0.8  # px, standard deviation


def encode_icon(image: Array, *, trim: bool) -> bytes:
    """Encode an image as an ICO file with 16, 32 and 48 pixels.

    Args:
        image: (side, side, 4) uint8 RGBA, straight alpha.
        trim: whether to cut off the transparent margin, so that the subject fills the icon.
    """
    return encode_ico([reduce_to_icon(image, side, trim=trim) for side in ICON_SIDES])


def reduce_to_icon(image: Array, side: int, *, trim: bool = True) -> Array:
    """Return an image as (side, side, 4) uint8 RGBA, straight alpha.

    The subject's box is aligned to whole pixels and averaged by area. Then lightness is sharpened
    and the transition between opaque and transparent is steepened, both more in smaller icons.
    The smallest ones omit detached details.
    """
    if trim:
        image = trimmed(_without_details(image) if side <= _SMALL_SIDE else image)
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    averaged = np.asarray(cv2.resize(premultiply(image), size, interpolation=method))
    icon = np.zeros((side, side, 4), np.float32)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    icon[top : top + size[1], left : left + size[0]] = averaged.astype(np.float32) / 65025
    return _sharpened(icon, 16 / side) if scale < 1 else _to_straight(*_split(icon))


def _without_details(image: Array) -> Array:
    """Make parts transparent that are small and apart from the largest part."""
    visible = (image[..., 3] >= _VISIBLE).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(visible, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    if count < 3:  # the background and one part
        return image
    small = areas < _DETAIL_SHARE * areas[1:].max()
    small[0] = False
    return np.asarray(np.where(small[labels][..., None], np.uint8(0), image))


def trimmed(image: Array) -> Array:
    """Return the box of the visible pixels; the whole image if there are none."""
    visible = image[..., 3] >= _VISIBLE
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    if not len(rows):
        return image
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _split(premultiplied: Array) -> tuple[Array, Array]:
    """Return straight color, (h, w, 3), and alpha, (h, w), both 0..1."""
    alpha = premultiplied[..., 3]
    return premultiplied[..., :3] / np.maximum(alpha, 1e-4)[..., None], alpha


def _sharpened(icon: Array, strength: float) -> Array:
    blurred = np.asarray(cv2.GaussianBlur(icon, (0, 0), _BLUR, borderType=cv2.BORDER_CONSTANT))
    color, alpha = _split(icon)
    detail = (color - _split(blurred)[0]) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    color = color + (_SHARPENING * strength * detail)[..., None]
    around = np.ones((3, 3), np.uint8)
    is_edge = (np.asarray(cv2.dilate(alpha, around)) > 0.9) & (cv2.erode(alpha, around) < 0.1)
    steeper = (alpha - 0.5) * (1 + _EDGE_CONTRAST * strength) + 0.5
    return _to_straight(color, np.where(is_edge, steeper, alpha))


def _to_straight(color: Array, alpha: Array) -> Array:
    icon = np.asarray(np.rint(np.clip(np.dstack([color, alpha]), 0, 1) * 255), np.uint8)
    icon[icon[..., 3] == 0] = 0
    return icon
