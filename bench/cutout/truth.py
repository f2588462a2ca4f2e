"""What the result should have been, at the result's size."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

OUT = 256  # side of a result, in pixels
NEAR_WHITE = 243  # from here on paint and paper can be the same after noise and compression

_FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.HAMMING,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)


@dataclass(frozen=True, slots=True)
class Truth:
    """The true cutout, resized by several filters, so that the choice of a filter costs nothing.

    Each of `references` is OUT x OUT, premultiplied, color 0..255, alpha 0..1. `enclosed` marks
    white areas within the subject: their color doesn't tell whether they are paint or a hole.
    """

    references: tuple[Floats, ...]
    enclosed: Mask


def truth_of(premultiplied: Floats) -> Truth:
    """Resize a full-size truth (premultiplied RGBA, 0..1) in all ways that count as right."""
    height, width = premultiplied.shape[:2]
    window = placed(width, height)
    references = tuple(_resized(premultiplied, window, method) for method in _FILTERS)
    return Truth(references, _enclosed(premultiplied, window))


def placed(width: int, height: int) -> tuple[int, int, int, int]:
    """Tell where an image lies in the result: left, top, width, height; centered, not distorted."""
    scale = OUT / max(width, height)
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    return (OUT - across) // 2, (OUT - down) // 2, across, down


def _resized(
    premultiplied: Floats, window: tuple[int, int, int, int], method: Image.Resampling
) -> Floats:
    left, top, width, height = window
    whole = np.zeros((OUT, OUT, 4), np.float32)
    for channel in range(4):
        plane = Image.fromarray(np.ascontiguousarray(premultiplied[..., channel]))
        small = np.asarray(plane.resize((width, height), method))
        whole[top : top + height, left : left + width, channel] = small
    whole[..., 3] = whole[..., 3].clip(0, 1)  # some filters overshoot
    whole[..., :3] = whole[..., :3].clip(0, whole[..., 3:]) * 255
    return whole


def _enclosed(premultiplied: Floats, window: tuple[int, int, int, int]) -> Mask:
    left, top, width, height = window
    red, green, blue, alpha = np.moveaxis(premultiplied, 2, 0)
    on_white = np.minimum(np.minimum(red, green), blue) + 1 - alpha
    white = (on_white * 255 >= NEAR_WHITE - 1e-3).astype(np.uint8)
    framed = cv2.copyMakeBorder(white, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, areas = cv2.connectedComponents(framed, connectivity=4)
    inside = ((white > 0) & (areas[1:-1, 1:-1] != areas[0, 0])).astype(np.float32)
    inside = np.asarray(cv2.dilate(inside, np.ones((9, 9), np.uint8)), np.float32)
    small = cv2.resize(inside, (width, height), interpolation=cv2.INTER_AREA)
    mask = np.zeros((OUT, OUT), np.bool_)
    mask[top : top + height, left : left + width] = np.asarray(small) > 0
    return mask
