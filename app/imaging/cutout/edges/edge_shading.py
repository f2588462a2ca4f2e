"""Model how shading changes a subject's color towards its edge."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_MIN_DEPTH, _MAX_DEPTH = 4.0, 9.0  # px from the edge: free of background, but still near the edge
_RADIUS = 4  # px on the half-size image, over which moments are averaged
_MIN_PIXELS = 5  # within that window, for a fit
_MIN_VARIANCE = 0.4  # px^2: of depth, for a slope
_MAX_RESIDUAL = 8.0  # levels: more is a pattern, not shading
_MAX_SLOPE = 12.0  # levels per px


@dataclass(frozen=True)
class EdgeShading:
    """The subject's shading along its edge.

    Attributes:
        depth: (h * w,) float32 distance of each pixel to the background, px.
        slope: (n, 3) float32 change of color per px inwards, at every second pixel.
        stride: width of the image, px.
    """

    depth: Array
    slope: Array
    stride: int

    @classmethod
    def estimate(cls, image: Array, background: Array) -> "EdgeShading":
        """Fit a line of color over depth around each pixel, by local moments.

        Rendered and painted subjects grow lighter or darker towards their edge. The purest color
        lies some pixels inside, so without this an edge pixel would pass for half transparent.

        Args:
            image: (h, w, 3) uint8 BGR.
            background: (h, w) uint8 mask, 1 where the image is background.
        """
        depth = cv2.distanceTransform(1 - background, cv2.DIST_L2, 3)
        x, y = depth[::2, ::2, None], image[::2, ::2].astype(np.float32)
        weight = ((x >= _MIN_DEPTH) & (x <= _MAX_DEPTH)).astype(np.float32)
        weighted = y * weight
        moments = (weight, weight * x, weight * x**2, weighted, weighted * x, weighted * y)
        count, *sums = (_box_mean(moment) for moment in moments)
        mean_x, mean_xx, mean_y, mean_xy, mean_yy = (
            each / np.maximum(count, 1e-6) for each in sums
        )
        variance = mean_xx - mean_x**2
        covariance = mean_xy - mean_y * mean_x
        slope = covariance / np.maximum(variance, _MIN_VARIANCE)
        residual = (mean_yy - mean_y**2 - slope * covariance).max(axis=2, keepdims=True)
        enough = count >= _MIN_PIXELS / (2 * _RADIUS + 1) ** 2
        slope *= enough & (variance > _MIN_VARIANCE) & (residual < _MAX_RESIDUAL**2)
        flat = np.clip(slope, -_MAX_SLOPE, _MAX_SLOPE).reshape(-1, 3)
        return cls(depth.ravel(), flat, image.shape[1])

    def color_change(self, targets: Array, sources: Array) -> Array:
        """Return the change that extrapolates colors from sources to targets.

        Args:
            targets: (n,) flat indices of the pixels to predict.
            sources: (n,) flat indices of the pixels whose colors are known.

        Returns:
            (n, 3) float32 levels to add.
        """
        row, column = np.divmod(targets, self.stride)
        slope = self.slope[(row // 2) * ((self.stride + 1) // 2) + column // 2]
        return np.asarray(slope * (self.depth[targets] - self.depth[sources])[:, None])


def _box_mean(plane: Array) -> Array:
    """Return the mean over a square around each pixel: (h, w, 1 or 3) float32."""
    size = (2 * _RADIUS + 1,) * 2
    out = cv2.blur(plane, size, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(out[..., None] if out.ndim == 2 else out)
