"""Estimate the alpha of pixels along the subject's edge."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.edges.edge_bands import (
    SOFT_EDGE,
    VERY_SOFT_EDGE,
    edge_bands,
    raise_second_ring,
)
from app.imaging.cutout.edges.edge_shading import EdgeShading

Array = npt.NDArray[Any]

_SQUARE_3 = np.ones((3, 3), np.uint8)
_SQUARE_7 = np.ones((7, 7), np.uint8)
_INDEX_BITS = 22  # of a 31-bit number, for a pixel's index; 8 are left for its distance


def low_contrast_share(distance: Array, background: Array) -> float:
    """Return the share of the outline that hardly differs from the background.

    The strongest pixel nearby decides; the share is 0..1.
    """
    outline = _outline(background)
    weak = (cv2.dilate(distance, _SQUARE_7) < 30).view(np.uint8)
    return cv2.countNonZero(outline & weak) / max(1, cv2.countNonZero(outline))


def _outline(background: Array) -> Array:
    return np.asarray(cv2.dilate(background, _SQUARE_3) & (1 - background))


def estimate_alpha(
    image: Array, distance: Array, background: Array, color: Array, width: float
) -> Array:
    """Estimate the alpha of each pixel.

    Away from the edge it is 0 or 255. In the bands along the edge, the strongest pixel nearby
    that lies deeper is taken for pure foreground F, and a pixel's position on the line from the
    background B to F is its alpha: the projection (C - B)(F - B) / |F - B|^2 of Mishima's and
    Berman's color-line keyers. Where edges are very soft, F is first extrapolated outwards along
    the subject's shading.

    Args:
        image: (h, w, 3) uint8 BGR.
        distance: (h, w) uint8 color distance from the background.
        background: (h, w) uint8 mask, 1 where the image is background.
        color: of the background: (3,), or coarse and of any size; float32.
        width: usual width of the edges, px, as `edge_width` returns it.

    Returns:
        (h, w) uint8.
    """
    out = (1 - background) * np.uint8(255)
    stride = distance.shape[1]
    offsets = _neighbor_offsets(stride, 3 if width > VERY_SOFT_EDGE else 2)
    ranked = _rank_by_distance(distance)
    if color.ndim == 3:
        color = cv2.resize(color, (stride, len(image)), interpolation=cv2.INTER_LINEAR)
    pixels, base, levels = image.reshape(-1, 3), color.reshape(-1, 3), out.reshape(-1)
    shading = EdgeShading.estimate(image, background) if width > VERY_SOFT_EDGE else None
    bands = edge_bands(background, width)
    for band, allowed, fallback in bands:
        targets = np.flatnonzero(band.view(bool))
        if not len(targets):
            continue
        sources = _strongest_neighbor(_masked(ranked, allowed), targets, offsets)
        missing = np.flatnonzero(sources < 0)
        if len(missing):
            ranks = _masked(ranked, fallback)
            sources[missing] = _strongest_neighbor(ranks, targets[missing], offsets)
        target_base, source_base = (base[targets], base[sources]) if len(base) > 1 else (base, base)
        observed, foreground = pixels[targets] - target_base, pixels[sources] - source_base
        if shading is not None:
            foreground = foreground + shading.color_change(targets, sources)
        share = np.einsum("ij,ij->i", observed, foreground) / np.maximum(
            np.einsum("ij,ij->i", foreground, foreground), 1
        )
        levels[targets] = np.clip(share * 255 + 0.5, 0, 255)
    if width <= SOFT_EDGE:
        raise_second_ring(levels, (bands[1][0], bands[2][0]), stride, width)
    return out


def _neighbor_offsets(stride: int, radius: int) -> list[int]:
    """Return the flat offsets of a pixel's neighbors within a radius."""
    span = range(-radius, radius + 1)
    disc = [(y, x) for y in span for x in span if 0 < y * y + x * x <= radius * radius + 1]
    return [y * stride + x for y, x in disc]


def _masked(ranked: Array, mask: Array) -> Array:
    out = np.zeros_like(ranked)
    cv2.copyTo(ranked, mask, out)
    return out


def _rank_by_distance(distance: Array) -> Array:
    """Pack each pixel's distance and index into an int32.

    So a single maximum finds both.
    """
    ranked = distance.astype(np.int32)
    ranked <<= _INDEX_BITS
    ranked |= _pixel_indices(*distance.shape)
    return ranked


@lru_cache(maxsize=8)
def _pixel_indices(height: int, width: int) -> Array:
    indices = np.arange(1, height * width + 1, dtype=np.int32).reshape(height, width)
    indices.setflags(write=False)
    return indices


def _strongest_neighbor(ranked: Array, targets: Array, offsets: list[int]) -> Array:
    """Return the flat index of the strongest unmasked pixel nearby, or -1.

    Offsets beyond the left and right of the image wrap to the adjacent row. A margin would cost
    more, and only a subject that touches both sides is affected.
    """
    flat = ranked.ravel()
    best = flat.take(targets)
    for offset in offsets:
        np.maximum(best, flat.take(targets + offset, mode="clip"), out=best)
    return np.asarray((best & ((1 << _INDEX_BITS) - 1)) - 1)
