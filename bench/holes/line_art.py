"""Line drawings with white inside, made of the silhouettes and colors of icons."""

from collections.abc import Iterator

import cv2
import numpy as np

from bench.holes.icons import SIDE, load_icons
from bench.holes.table import Array

SOURCES = ("noto", "fluent-emoji-flat", "emojione-v1")
EACH = 90  # drawings of a set
_COLORS = 10  # of an icon, between which lines are drawn
_MIN_PATCH = 600  # px: smaller patches of color get no line of their own


def load_line_art() -> Iterator[tuple[str, Array]]:
    """Yield names and (SIDE, SIDE, 4) uint8 BGRA pixels; all that a silhouette encloses is kept.

    Only holes of the icon itself stay holes.
    """
    rng = np.random.default_rng(23)
    for source in SOURCES:
        for place, (name, pixels) in enumerate(load_icons(source)):
            if place == EACH:
                break
            yield f"{source}-{name}", trace(pixels, rng)


def trace(pixels: Array, rng: np.random.Generator) -> Array:
    """Draw dark lines along an icon's edges, on white."""
    solid = (pixels[..., 3] > 127).astype(np.uint8)
    patches = _patches(pixels, solid, rng)
    edges = np.zeros((SIDE, SIDE), np.uint8)
    edges[:, 1:] |= patches[:, 1:] != patches[:, :-1]
    edges[1:] |= patches[1:] != patches[:-1]
    width = int(rng.integers(3, 14))
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    lines = cv2.GaussianBlur(cv2.dilate(edges, pen) * 255, (0, 0), 1.2)
    ink = int(rng.integers(0, 70))
    coverage = lines.astype(np.float32)[..., None] / 255
    color = np.repeat(255 - (255 - ink) * coverage, 3, axis=2)
    alpha = np.maximum(lines, solid * 255)
    return np.dstack([color.round().astype(np.uint8), alpha])


def _patches(pixels: Array, solid: Array, rng: np.random.Generator) -> Array:
    """Return the number of the patch of color that each pixel is in, 0 outside."""
    colors = pixels[..., :3].astype(np.float32)
    sample = colors[solid > 0][:: max(1, int(solid.sum()) // 4000)]
    count = min(_COLORS, len(sample))
    criteria = (cv2.TERM_CRITERIA_MAX_ITER, 8, 1.0)
    cv2.setRNGSeed(int(rng.integers(1 << 30)))
    _, _, centers = cv2.kmeans(sample, count, None, criteria, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    nearest = np.stack([np.abs(colors - center).sum(axis=2) for center in centers]).argmin(axis=0)
    patches: Array = np.where(solid > 0, nearest + 1, 0).astype(np.uint8)
    patches = np.asarray(cv2.medianBlur(patches, 9))
    out = np.where(solid > 0, np.maximum(patches, 1), 0).astype(np.uint8)
    return np.asarray(_without_crumbs(out))


def _without_crumbs(patches: Array) -> Array:
    """Join small patches with the first color."""
    out = patches.copy()
    for value in range(1, int(patches.max()) + 1):
        _, labels, stats, _ = cv2.connectedComponentsWithStats((patches == value).astype(np.uint8))
        small = stats[:, cv2.CC_STAT_AREA] < _MIN_PATCH
        small[0] = False
        out[small[labels]] = 1
    return out
