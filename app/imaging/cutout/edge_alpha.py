"""How opaque the pixels along the subject's edge are."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.edge_shading import EdgeShading

Array = npt.NDArray[Any]

_SQUARE = np.ones((3, 3), np.uint8)
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_WIDE = np.ones((7, 7), np.uint8)
_BITS = 22  # of a 31-bit number, for a place in the image; 8 are left for strength
SOFT, WIDE = 1.35, 2.0  # px: edges wider than this are soft, or very soft


def softness(apart: Array, paper: Array) -> float:
    """Mean width of the edge in working px: pixels part way up over pixels of outline.

    Args:
        apart: (h, w) uint8 distance from the background.
        paper: (h, w) uint8, 1 where the image is background.
    """
    subject = 1 - paper
    peak = cv2.dilate(apart, _WIDE)
    near_paper, near_subject = cv2.dilate(paper, _WIDE), cv2.dilate(subject, _SQUARE, iterations=2)
    zone = cv2.bitwise_and(near_paper, near_subject)
    clear = (peak > 60).view(np.uint8)
    at = np.flatnonzero(cv2.bitwise_and(zone, clear))
    high, top = apart.ravel()[at].astype(np.int32) * 10, peak.ravel()[at].astype(np.int32)
    partial = np.count_nonzero((high > top) & (high < 9 * top))
    rim = cv2.countNonZero(cv2.dilate(paper, _SQUARE) & subject & clear)
    return partial / max(1, rim)


def faint(apart: Array, paper: Array) -> float:
    """Part of the outline, 0..1, whose strongest pixel nearby is hardly off the background."""
    rim = cv2.dilate(paper, _SQUARE) & (1 - paper)
    weak = (cv2.dilate(apart, _WIDE) < 30).view(np.uint8)
    return cv2.countNonZero(rim & weak) / max(1, cv2.countNonZero(rim))


def _rings(paper: Array, width: float) -> list[tuple[Array, Array, Array]]:
    """(ring, where its foreground color comes from, where else), from outside inwards.

    Color is only taken from deeper than the pixel itself: so a light area behind a dark
    outline stays opaque, while a smear in front of the outline is seen through.
    """
    subject = 1 - paper
    soft = width > SOFT
    rings = [(cv2.dilate(subject, _SQUARE) & paper, subject, subject)]
    inner = subject
    for depth in range(2 + soft + (width > WIDE)):
        core = cv2.erode(inner, _SQUARE if depth % 2 else _CROSS, borderValue=1)
        rings.append((inner - core, inner if soft else core, inner))
        inner = core
    return rings


def alpha(work: Array, apart: Array, paper: Array, color: Array, width: float) -> Array:
    """Opacity of each pixel: (h, w) uint8.

    Away from the edge it is 0 or 255. In the rings along the edge the strongest pixel nearby and
    deeper is taken for pure foreground F, and the pixel's own place on the line from background B
    to F is its opacity: the projection (C - B)(F - B) / |F - B|^2 of Mishima's and Berman's
    color-line keyers. Where edges are very soft, the color that was found is first carried
    outwards along the subject's shading.

    Args:
        work: (h, w, 3) uint8 BGR.
        apart: (h, w) uint8 distance from the background.
        paper: (h, w) uint8, 1 where background.
        color: of the background: (3,), or coarse and of any size; float32.
        width: mean width of the edges, px, as `softness` gives it.
    """
    out = (1 - paper) * np.uint8(255)
    stride = apart.shape[1]
    steps = _steps(stride, 3 if width > WIDE else 2)
    ranked = _ranked(apart)
    if color.ndim == 3:
        color = cv2.resize(color, (stride, len(work)), interpolation=cv2.INTER_LINEAR)
    pixels, base, levels = work.reshape(-1, 3), color.reshape(-1, 3), out.reshape(-1)
    fade = EdgeShading.of(work, paper) if width > WIDE else None
    for ring, allowed, fallback in _rings(paper, width):
        here = np.flatnonzero(ring.view(bool))
        if not len(here):
            continue
        source = _strongest(_only(ranked, allowed), here, steps)
        thin = np.flatnonzero(source < 0)
        if len(thin):
            source[thin] = _strongest(_only(ranked, fallback), here[thin], steps)
        paper_here, paper_there = (base[here], base[source]) if len(base) > 1 else (base, base)
        near, far = pixels[here] - paper_here, pixels[source] - paper_there
        if fade is not None:
            far = far + fade.between(here, source)
        share = np.einsum("ij,ij->i", near, far) / np.maximum(np.einsum("ij,ij->i", far, far), 1)
        levels[here] = np.clip(share * 255 + 0.5, 0, 255)
    return out


def _steps(stride: int, reach: int) -> list[int]:
    """From a pixel to each neighbour within a radius, in flat places."""
    span = range(-reach, reach + 1)
    disc = [(y, x) for y in span for x in span if 0 < y * y + x * x <= reach * reach + 1]
    return [y * stride + x for y, x in disc]


def _only(ranked: Array, allowed: Array) -> Array:
    out = np.zeros_like(ranked)
    cv2.copyTo(ranked, allowed, out)
    return out


def _ranked(apart: Array) -> Array:
    """Each pixel's distance and place in one number, so that one maximum finds both: int32."""
    ranked = apart.astype(np.int32)
    ranked <<= _BITS
    ranked |= _places(*apart.shape)
    return ranked


@lru_cache(maxsize=8)
def _places(height: int, width: int) -> Array:
    places = np.arange(1, height * width + 1, dtype=np.int32).reshape(height, width)
    places.setflags(write=False)
    return places


def _strongest(ranked: Array, here: Array, steps: list[int]) -> Array:
    """Flat place of the strongest allowed pixel nearby, or -1.

    Places beyond the image's left and right wrap round to the next row, which costs less than
    a margin would and only matters to a subject that touches both sides.
    """
    flat = ranked.ravel()
    best = flat.take(here)
    for step in steps:
        np.maximum(best, flat.take(here + step, mode="clip"), out=best)
    return np.asarray((best & ((1 << _BITS) - 1)) - 1)
