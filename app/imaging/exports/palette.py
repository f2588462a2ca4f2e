"""Find the main colors of an image."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.oklab import from_oklab, linear_light, to_oklab

Array = npt.NDArray[Any]

MAX_COLORS, MIN_COLORS = 8, 5
_MERGED = 0.07  # OKLab distance below which two colors are shown as one, if enough are left
_SAME = 0.02  # distance below which they look the same
_MIN_SHARE = 0.004  # of the visible area: less is no color of its own
_BITS = 5  # of each channel: pixels are counted in 32 x 32 x 32 bins
_ROUNDS = 24
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def palette_document(image: Array) -> bytes:
    """Return the palette of an image as JSON, the largest share first.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
    """
    colors = [_describe(rgb, share) for rgb, share in find_palette(image)]
    return json.dumps({"status": "success", "colors": colors}, separators=(",", ":")).encode()


def find_palette(image: Array) -> list[tuple[tuple[int, int, int], float]]:
    """Return 5 to 8 colors with their shares of the visible area, or all if it has fewer.

    Pixels count by their opacity. They are grouped by k-means in OKLab, from seeds far from each
    other (no chance is involved), and similar groups are merged.
    """
    rgb, weights = histogram(image)
    if not len(weights):
        return []
    lab = to_oklab(rgb)
    centers = k_means(lab, weights, seeds(lab, weights))
    centers, shares = _merge(lab, weights, centers)
    order = np.argsort(-shares, kind="stable")
    found = from_oklab(centers[order])
    return [
        ((int(r), int(g), int(b)), float(share))
        for (r, g, b), share in zip(found, shares[order] / shares.sum(), strict=True)
    ]


def histogram(image: Array) -> tuple[Array, Array]:
    """Return mean colors of the occupied bins, (n, 3) uint8, and their weights."""
    pixels = image.reshape(-1, 4)
    pixels = pixels[pixels[:, 3] > 0]
    levels = (pixels[:, :3] >> (8 - _BITS)).astype(np.int64)
    bins = (levels[:, 0] << 2 * _BITS) | (levels[:, 1] << _BITS) | levels[:, 2]
    size, alpha = 1 << 3 * _BITS, pixels[:, 3].astype(np.float64)
    weights = np.bincount(bins, alpha, size)
    occupied = np.flatnonzero(weights)
    sums = [np.bincount(bins, alpha * pixels[:, c], size)[occupied] for c in range(3)]
    means = np.stack(sums, axis=1) / weights[occupied][:, None]
    return np.rint(means).astype(np.uint8), weights[occupied]


def distances(lab: Array, centers: Array) -> Array:
    """Return the squared distances of n colors from k centers, (n, k)."""
    return np.asarray(((lab[:, None, :] - centers[None]) ** 2).sum(axis=2))


def seeds(lab: Array, weights: Array, count: int = MAX_COLORS) -> Array:
    """Return colors that are frequent and far from those before."""
    chosen = [int(weights.argmax())]
    nearest = distances(lab, lab[chosen])[:, 0]
    while len(chosen) < count and nearest.max() > _SAME**2:
        chosen.append(int((nearest * weights).argmax()))
        nearest = np.minimum(nearest, distances(lab, lab[chosen[-1:]])[:, 0])
    return np.asarray(lab[chosen])


def k_means(lab: Array, weights: Array, centers: Array, *, emphasize: bool = True) -> Array:
    """Return the centers of groups of colors.

    Args:
        lab: (n, 3) OKLab colors.
        weights: (n,) their weights.
        centers: (k, 3) first guesses.
        emphasize: whether frequent colors draw centers more than blends at edges do.
    """
    emphasis = weights * weights if emphasize else weights
    for _ in range(_ROUNDS):
        nearest = distances(lab, centers).argmin(axis=1)
        totals = np.bincount(nearest, emphasis, len(centers))
        moved = (
            np.stack(
                [np.bincount(nearest, emphasis * lab[:, c], len(centers)) for c in range(3)], axis=1
            )
            / np.maximum(totals, 1e-9)[:, None]
        )
        moved = np.where(totals[:, None] > 0, moved, centers)
        if np.allclose(moved, centers, atol=1e-5):
            break
        centers = moved
    return centers


def _merge(lab: Array, weights: Array, centers: Array) -> tuple[Array, Array]:
    """Join the two most similar groups, until the rest differ; return centers and weights."""
    while True:
        shares = np.bincount(distances(lab, centers).argmin(axis=1), weights, len(centers))
        if len(centers) == 1:
            return centers, shares
        apart = np.sqrt(distances(centers, centers)) + np.diag(np.full(len(centers), np.inf))
        first, second = np.unravel_index(apart.argmin(), apart.shape)
        rare = int(shares.argmin())
        limit = _MERGED if len(centers) > MIN_COLORS else _SAME
        if apart[first, second] < limit:
            gone = int(first if shares[first] < shares[second] else second)
        elif shares[rare] < _MIN_SHARE * weights.sum():
            gone = rare
        else:
            return centers, shares
        centers = np.delete(centers, gone, axis=0)


def _describe(rgb: tuple[int, int, int], share: float) -> dict[str, Any]:
    pixel = np.array([rgb], np.uint8)
    lightness, a, b = (float(value) for value in to_oklab(pixel)[0])
    luminance = float(linear_light(pixel)[0] @ _LUMINANCE)
    white, black = 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05
    return {
        "color": "#" + bytes(rgb).hex(),
        "share": round(share, 4),
        "oklch": {
            "lightness": round(lightness, 4),
            "chroma": round(float(np.hypot(a, b)), 4),
            "hue": round(float(np.degrees(np.arctan2(b, a))) % 360, 1),
        },
        "contrast": {"white": round(white, 2), "black": round(black, 2)},
        "text": "white" if white >= black else "black",
    }
