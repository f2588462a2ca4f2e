"""The true cutout at the result's size."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

OUT = 256  # side of a result, in pixels
NEAR_WHITE = 243  # level from which noise and compression can make subject and background equal

_FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.HAMMING,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)


@dataclass(frozen=True, slots=True)
class Truth:
    """The true cutout, resized by several filters, so that the choice of a filter costs nothing.

    Attributes:
        references: OUT x OUT, premultiplied, color 0..255, alpha 0..1.
        enclosed: mask of white areas within the subject, whose color can't separate subject and
            holes.
    """

    references: tuple[Floats, ...]
    enclosed: Mask


def truth_of(premultiplied: Floats) -> Truth:
    """Resize a full-size truth (premultiplied RGBA, 0..1) by all filters."""
    height, width = premultiplied.shape[:2]
    window = fit_window(width, height)
    references = tuple(_resize(premultiplied, window, method) for method in _FILTERS)
    return Truth(references, _enclosed_white(premultiplied, window))


def fit_window(width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, width and height of an image that is fitted into the result."""
    scale = OUT / max(width, height)
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    return (OUT - across) // 2, (OUT - down) // 2, across, down


def _resize(
    premultiplied: Floats, window: tuple[int, int, int, int], method: Image.Resampling
) -> Floats:
    left, top, width, height = window
    canvas = np.zeros((OUT, OUT, 4), np.float32)
    for channel in range(4):
        plane = Image.fromarray(np.ascontiguousarray(premultiplied[..., channel]))
        small = np.asarray(plane.resize((width, height), method))
        canvas[top : top + height, left : left + width, channel] = small
    canvas[..., 3] = canvas[..., 3].clip(0, 1)  # some filters overshoot
    canvas[..., :3] = canvas[..., :3].clip(0, canvas[..., 3:]) * 255
    return canvas


def _enclosed_white(premultiplied: Floats, window: tuple[int, int, int, int]) -> Mask:
    left, top, width, height = window
    red, green, blue, alpha = np.moveaxis(premultiplied, 2, 0)
    on_white = np.minimum(np.minimum(red, green), blue) + 1 - alpha
    white = (on_white * 255 >= NEAR_WHITE - 1e-3).astype(np.uint8)
    padded = cv2.copyMakeBorder(white, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels = cv2.connectedComponents(padded, connectivity=4)
    inside = ((white > 0) & (labels[1:-1, 1:-1] != labels[0, 0])).astype(np.float32)
    inside = np.asarray(cv2.dilate(inside, np.ones((9, 9), np.uint8)), np.float32)
    small = cv2.resize(inside, (width, height), interpolation=cv2.INTER_AREA)
    mask = np.zeros((OUT, OUT), np.bool_)
    mask[top : top + height, left : left + width] = np.asarray(small) > 0
    return mask
