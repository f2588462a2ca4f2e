"""What color the background has, and how far each pixel is from it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BORDER = 2  # px of the working image: 4 px of a 1024 px original


@dataclass(frozen=True)
class Background:
    """The background as the border shows it.

    Attributes:
        color: (3,) float32 BGR mean, 0..255.
        noise: standard deviation of a border pixel in levels, 0 for flat color.
        share: part of the border that has this color, 0..1.
    """

    color: Array
    noise: float
    share: float

    @property
    def plain(self) -> bool:
        """Whether there is a background at all: most of the border, or clean near-white."""
        paper = float(self.color.min()) >= 235 and self.noise <= 2.5
        return self.share >= (0.25 if paper else 0.6)


def measure(work: Array) -> Background:
    """The commonest color of the border of an (h, w, 3) uint8 image.

    The fullest of 4096 color bins stands up to a subject that covers much of the border; the
    mean of what is near it is finer than a level, which telling paint from paper needs.
    """
    b = BORDER
    strips = (work[:b, ::4], work[-b:, ::4], work[b:-b:4, :b], work[b:-b:4, -b:])
    edge = np.concatenate([s.reshape(-1, 3) for s in strips])
    coarse = (edge >> 4).astype(np.uint16)
    bins = coarse[:, 0] | coarse[:, 1] << 4 | coarse[:, 2] << 8
    common = edge[bins == np.bincount(bins).argmax()]
    middle = common.mean(axis=0, dtype=np.float32)
    off = np.abs(edge - middle).max(axis=1)
    reach = min(12.0, max(4.0, 4.5 * float(np.median(off[off <= 12]))))
    same = edge[off <= reach].astype(np.float64)
    noise = float(same.std(axis=0).mean())
    return Background(same.mean(axis=0).astype(np.float32), noise, len(same) / len(edge))


def distance(work: Array, color: Array) -> Array:
    """Largest channel difference from one color, rounded to levels: (h, w) uint8."""
    level = np.rint(color).astype(np.float64)
    blue, green, red = cv2.split(cv2.absdiff(work, np.append(level, 0.0)))
    return cv2.max(cv2.max(blue, green), red)
