"""How a subject's color changes towards its edge, as shading makes it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_FIRST, _LAST = 4.0, 9.0  # px from the edge: where paper no longer shows through, and not far in
_REACH = 4  # px on the half-size image, over which pixels are pooled
_FEW = 5  # pixels of a pool that are not enough
_SPREAD = 0.4  # px^2: variance of depth that a slope needs
_ROUGH = 8.0  # levels of what the slope leaves over: more is pattern, not shading
_STEEP = 12.0  # levels per px at most


@dataclass(frozen=True)
class EdgeShading:
    """The subject's shading along its edge.

    Attributes:
        depth: (h * w,) float32 distance of each pixel to the paper, px.
        slope: (n, 3) float32 change of color per px inwards, at every second pixel.
        stride: width of the image, px.
    """

    depth: Array
    slope: Array
    stride: int

    @classmethod
    def of(cls, work: Array, paper: Array) -> "EdgeShading":
        """Fit color to depth, a straight line around each pixel, by pooled moments.

        Rendered and painted subjects grow lighter or darker towards their rim. The purest color
        near an edge lies some pixels inside, so a pixel of the rim would pass for half open.

        Args:
            work: (h, w, 3) uint8 BGR.
            paper: (h, w) uint8, 1 where background.
        """
        depth = cv2.distanceTransform(1 - paper, cv2.DIST_L2, 3)
        place, seen = depth[::2, ::2, None], work[::2, ::2].astype(np.float32)
        weight = ((place >= _FIRST) & (place <= _LAST)).astype(np.float32)
        level = seen * weight
        count, *sums = (
            _pooled(plane)
            for plane in (
                weight,
                weight * place,
                weight * place**2,
                level,
                level * place,
                level * seen,
            )
        )
        middle, square, mean, both, power = (each / np.maximum(count, 1e-6) for each in sums)
        spread = square - middle**2
        common = both - mean * middle
        slope = common / np.maximum(spread, _SPREAD)
        rough = (power - mean**2 - slope * common).max(axis=2, keepdims=True)
        few = _FEW / (2 * _REACH + 1) ** 2
        slope *= (count >= few) & (spread > _SPREAD) & (rough < _ROUGH**2)
        flat = np.clip(slope, -_STEEP, _STEEP).reshape(-1, 3)
        return cls(depth.ravel(), flat, work.shape[1])

    def between(self, here: Array, source: Array) -> Array:
        """What to add to the colors of pixels to carry them to others: (n, 3) float32 levels.

        Args:
            here: (n,) flat places where the colors are wanted.
            source: (n,) flat places where they were found.
        """
        row, column = np.divmod(here, self.stride)
        slope = self.slope[(row // 2) * ((self.stride + 1) // 2) + column // 2]
        return np.asarray(slope * (self.depth[here] - self.depth[source])[:, None])


def _pooled(plane: Array) -> Array:
    """Mean over a square around each pixel: (h, w, 1 or 3) float32."""
    side = (2 * _REACH + 1,) * 2
    out = cv2.blur(plane, side, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(out[..., None] if out.ndim == 2 else out)
