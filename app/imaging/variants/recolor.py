"""Replace colors by others, keeping shading, edges and alpha."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.oklab import from_oklab, to_oklab
from app.imaging.variants.recoloring import Recoloring
from app.imaging.variants.values import Color

Array = npt.NDArray[Any]

_BLOCK = 1 << 18  # pixels at a time in floating point, which takes many times the memory
_GRAY = 0.04  # chroma below which a color has no hue to compare
# Within the first distance of the replaced color a pixel changes in full, beyond the second not.
_HUE = (0.45, 0.75)  # radians
_LIGHTNESS = (0.4, 0.65)
_DISTANCE = (0.1, 0.22)  # between grays


def recolor(image: Array, pairs: tuple[Recoloring, ...]) -> Array:
    """Replace each pair's first color by its second.

    In OKLab, a shaded or blended pixel is the replaced color, more or less of it, plus something
    else. Only its share of the replaced color moves, so shadows, highlights and smooth edges stay.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
        pairs: the colors; each is compared with the image as it was.
    """
    out = image.copy()
    pixels, result = image.reshape(-1, 4), out.reshape(-1, 4)
    visible = np.flatnonzero(pixels[:, 3])
    for start in range(0, len(visible), _BLOCK):
        block = visible[start : start + _BLOCK]
        before = to_oklab(pixels[block, :3])
        shares = np.stack([_share(before, _lab(each.source)) for each in pairs])
        total = shares.sum(axis=0)
        changed = np.flatnonzero(total > 1e-3)
        shares = shares[:, changed] / np.maximum(total[changed], 1)
        moves = np.stack([_lab(each.target) - _lab(each.source) for each in pairs])
        result[block[changed], :3] = from_oklab(before[changed] + shares.T @ moves)
    return out


def _lab(color: Color) -> Array:
    return np.asarray(to_oklab(np.array([color], np.uint8))[0])


def _share(lab: Array, source: Array) -> Array:
    """Return how much of the replaced color each pixel has, 0 to about 1."""
    chroma = float(np.hypot(source[1], source[2]))
    if chroma < _GRAY:
        return _falloff(np.sqrt(((lab - source) ** 2).sum(axis=1)), *_DISTANCE)
    along = (lab[:, 1] * source[1] + lab[:, 2] * source[2]) / chroma
    across = (lab[:, 2] * source[1] - lab[:, 1] * source[2]) / chroma
    hue = np.abs(np.arctan2(across, along))
    near = _falloff(hue, *_HUE) * _falloff(np.abs(lab[:, 0] - source[0]), *_LIGHTNESS)
    return np.asarray(near * np.clip(along / chroma, 0, 1))


def _falloff(distance: Array, full: float, none: float) -> Array:
    """Return 1 up to the first distance, 0 from the second, and a smooth step between."""
    t = np.clip((none - distance) / (none - full), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
