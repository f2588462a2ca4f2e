"""Reduce an image to a few flat colors, as vector graphics need it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.exports.palette import distances, histogram, k_means, seeds
from app.imaging.oklab import from_oklab, to_oklab

Array = npt.NDArray[Any]

MIN_COLORS, MAX_COLORS = 8, 24
_SAME, _SIMILAR = 0.04, 0.05  # OKLab distances of colors that become one; the second while > 8
_NOISE = 25  # levels: smaller differences between neighbors are smoothed
_OPAQUE = 128  # of 255: an SVG of flat shapes has no partial opacity
_SIGMA = 1.2  # px: shapes thinner than about this are noise, or blends at edges
_MIN_AREA = 24  # px: smaller regions become their surroundings
_BINS = 32


@dataclass(frozen=True)
class FlatImage:
    """An image of a few colors.

    Attributes:
        rgba: (h, w, 4) uint8; alpha is 0 or 255.
        regions: the number of connected regions of one color.
    """

    rgba: Array
    regions: int


def flatten(image: Array) -> FlatImage:
    """Return an image in 8 to 24 colors, without noise and blends; fewer if it has fewer.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
    """
    opaque = image[..., 3] >= _OPAQUE
    smooth = cv2.bilateralFilter(np.ascontiguousarray(image[..., :3]), 5, _NOISE, 2)
    image = np.dstack([smooth, image[..., 3]])
    flat = np.zeros_like(image)
    rgb, weights = histogram(np.where(opaque[..., None], image, np.uint8(0)))
    if not len(weights):
        return FlatImage(flat, 0)
    lab = to_oklab(rgb)
    centers = k_means(lab, weights, seeds(lab, weights, MAX_COLORS), emphasize=False)
    centers = _merged(centers)
    labels = _nearest(image, centers)
    labels[~opaque] = len(centers)
    labels = _majority(labels, len(centers) + 1)
    regions = _regions(labels, len(centers))
    shown = labels < len(centers)
    flat[shown, :3] = from_oklab(centers)[labels[shown]]
    flat[shown, 3] = 255
    return FlatImage(flat, regions)


def _merged(centers: Array) -> Array:
    """Drop one of the most similar colors until the rest differ."""
    while len(centers) > 1:
        apart = np.sqrt(distances(centers, centers)) + np.diag(np.full(len(centers), np.inf))
        first, second = np.unravel_index(apart.argmin(), apart.shape)
        if apart[first, second] >= (_SIMILAR if len(centers) > MIN_COLORS else _SAME):
            break
        centers = np.delete(centers, max(first, second), axis=0)
    return centers


def _nearest(image: Array, centers: Array) -> Array:
    """Return the number of the nearest color for each pixel, by bins of eight levels."""
    step = 256 // _BINS
    levels = (image[..., :3] // step).astype(np.int32)
    bins = (levels[..., 0] * _BINS + levels[..., 1]) * _BINS + levels[..., 2]
    used = np.unique(bins)
    middles = np.stack([used // _BINS**2, used // _BINS % _BINS, used % _BINS], axis=1)
    lab = to_oklab((middles * step + step // 2).astype(np.uint8))
    table = np.zeros(_BINS**3, np.uint8)
    table[used] = distances(lab, centers).argmin(axis=1)
    return np.asarray(table[bins])


def _majority(labels: Array, count: int) -> Array:
    """Return the label that is most frequent around each pixel."""
    most, out = np.zeros(labels.shape, np.float32), labels.copy()
    for label in range(count):
        mask = (labels == label).astype(np.float32)
        share = np.asarray(cv2.GaussianBlur(mask, (0, 0), _SIGMA))
        larger = share > most
        out[larger], most[larger] = label, share[larger]
    return out


def _regions(labels: Array, count: int) -> int:
    total = 0
    for label in range(count):
        mask = (labels == label).astype(np.uint8)
        *_, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        total += int((stats[1:, cv2.CC_STAT_AREA] >= _MIN_AREA).sum())
    return total
