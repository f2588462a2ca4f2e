"""Measure what surrounds enclosed regions: the drawing, its letters, the background's color."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.regions import Regions

Array = npt.NDArray[Any]

NAMES = (
    "offset", "offset_mean", "tint", "noise", "noise_excess", "background_noise",
    "dark_share", "light_share", "color_share", "fill_share", "components",
    "component_share", "component_fill", "component_height", "letters", "letter_holes",
    "height_in_subject", "row_mates", "mirror",
)  # fmt: skip
COLORS = 6  # of them, the first, are `measure_color`'s
_DARK, _LIGHT, _VIVID = 90, 215, 48  # levels: of the lightest channel, the darkest, their distance
_WHITE_OFFSETS = (2.0, 20.0)  # levels between the background and a white that the drawing uses
_MIN_WHITE, _MIN_PLAIN = 0.015, 0.7  # of the subject; of the pixels within these offsets
# A hole in noise is lighter than the background, too, by as much, but not evenly in all channels.
_MIN_LIGHTER, _MAX_LIGHTER_TINT, _MAX_LIGHTER_NOISE = 0.75, 0.25, 0.5  # levels
_MIN_COMPONENT = 24  # px of half the working size: smaller silhouettes are ornaments
_SQUARE_3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class _Silhouettes:
    """Connected pieces of the subject with what they enclose, at half the working size."""

    labels: Array
    stats: Array  # x, y, width, height, area
    filled: Array  # px of each that aren't background-like


def measure_context(image: Array, regions: Regions, chosen: list[int], colors: Array) -> Array:
    """Measure the features in `NAMES` of each chosen region.

    Args:
        image: (h, w, 3) uint8 BGR.
        regions: of that image.
        chosen: numbers of enclosed regions.
        colors: (n, 6) what `measure_color` returns for each.

    Returns:
        (n, 19) float32, a region per row.
    """
    silhouettes = _find_silhouettes(regions)
    stats = regions.stats[chosen].astype(np.float64)
    drawing = _measure_drawing(image, regions, silhouettes)
    owners = _find_owners(regions, chosen, silhouettes)
    columns = [
        colors,
        np.tile(drawing, (len(chosen), 1)),
        _measure_components(silhouettes, owners),
        _measure_places(stats, regions),
    ]
    return np.hstack(columns).astype(np.float32)


def measure_color(
    image: Array, regions: Regions, number: int, background: Background
) -> tuple[float, ...]:
    """Compare a region's inner pixels with the background: the first six of `NAMES`."""
    x, y, w, h = (int(v) for v in regions.stats[number][:4])
    core = _inner_mask(regions, number)
    mean, deviation = cv2.meanStdDev(image[y : y + h, x : x + w], mask=core)
    off = mean[:, 0] - background.color
    noise = float(deviation.mean())
    return (
        float(np.abs(off).max()), float(off.mean()), float(off.max() - off.min()),
        noise, noise - background.noise, background.noise,
    )  # fmt: skip


def find_lighter(colors: Array) -> Array:
    """Return which regions are a lighter white than the background, of the same tint.

    On an even background of 254, white of 255 is painted: holes have the background's color.

    Args:
        colors: (n, 6) what `measure_color` returns for each region.

    Returns:
        (n,) bool.
    """
    mean, tint, noise = (
        colors[:, NAMES.index(name)] for name in ("offset_mean", "tint", "background_noise")
    )
    even = (tint <= _MAX_LIGHTER_TINT) & (noise <= _MAX_LIGHTER_NOISE)
    return np.asarray(even & (mean >= _MIN_LIGHTER))


def has_own_white(image: Array, regions: Regions, background: Background) -> bool:
    """Return whether the subject has plain parts of one color close to the background's.

    Such a drawing has a white of its own, so an enclosed region of the background's color is
    more likely a hole.
    """
    pixels = image[::2, ::2][regions.subject[::2, ::2] > 0]
    blue, green, red = np.abs(pixels.T - background.color.astype(np.float32)[:, None])
    distance = np.maximum(np.maximum(blue, green), red)
    low, high = _WHITE_OFFSETS
    near = pixels[(distance >= low) & (distance <= high)].astype(np.int32)
    if len(near) < _MIN_WHITE * len(pixels) or not len(near):
        return False
    largest = np.unique(near @ np.array([1, 256, 65536]), return_counts=True)[1].max()
    return bool(largest >= max(_MIN_WHITE * len(pixels), _MIN_PLAIN * len(near)))


def _inner_mask(regions: Regions, number: int) -> Array:
    """Return a mask of a region within its box, without up to two pixels at the edge."""
    x, y, w, h = (int(v) for v in regions.stats[number][:4])
    mask = (regions.labels[y : y + h, x : x + w] == number).view(np.uint8)
    for _ in range(2):
        core = cv2.erode(mask, _SQUARE_3, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        if cv2.countNonZero(core) < 12:
            break
        mask = core
    return np.asarray(mask)


def _find_silhouettes(regions: Regions) -> _Silhouettes:
    inside = np.ascontiguousarray(1 - regions.outside[::2, ::2])
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    solid = regions.subject[::2, ::2] > 0
    filled = np.bincount(labels[solid], minlength=len(stats))
    return _Silhouettes(labels, stats, filled)


def _measure_drawing(image: Array, regions: Regions, silhouettes: _Silhouettes) -> list[float]:
    """Measure the colors of the whole drawing, and how much of it is filled."""
    pixels = image[::2, ::2][regions.subject[::2, ::2] > 0]
    if not len(pixels):
        return [0.0] * 5
    # Over three columns this is ten times as fast as a reduction.
    blue, green, red = np.ascontiguousarray(pixels.T)
    high = np.maximum(np.maximum(blue, green), red)
    low = np.minimum(np.minimum(blue, green), red)
    vivid = high - low >= _VIVID
    inside = max(int(silhouettes.stats[1:, cv2.CC_STAT_AREA].sum()), 1)
    large = silhouettes.stats[1:, cv2.CC_STAT_AREA] >= _MIN_COMPONENT
    return [
        float((high <= _DARK).mean()), float((low >= _LIGHT).mean()), float(vivid.mean()),
        len(pixels) / inside, float(large.sum()),
    ]  # fmt: skip


def _find_owners(regions: Regions, chosen: list[int], silhouettes: _Silhouettes) -> Array:
    """Return the silhouette that each region lies in, 0 if it is too small to be seen."""
    small = regions.labels[::2, ::2]
    owners = np.zeros(len(regions.stats), np.int64)
    owners[small] = silhouettes.labels
    owners[0] = 0
    return np.asarray(owners[chosen])


def _measure_components(silhouettes: _Silhouettes, owners: Array) -> Array:
    """Describe each region's silhouette, and those in a line with it, such as letters."""
    stats = silhouettes.stats.astype(np.float64)
    total = max(stats[1:, 4].sum(), 1.0)
    top, height, area = stats[:, 1], stats[:, 3], stats[:, 4]
    full = max(float((top + height)[1:].max() - top[1:].min()), 1.0) if len(stats) > 1 else 1.0
    large = area >= _MIN_COMPONENT
    large[0] = False
    holed = large & (silhouettes.filled < 0.97 * area)
    rows = []
    for owner in owners:
        bottom = top[owner] + height[owner]
        level = np.abs(top + height - bottom) <= 0.15 * height[owner]
        alike = np.abs(height - height[owner]) <= 0.4 * height[owner]
        line = large & level & alike
        line[owner] = False
        rows.append([
            area[owner] / total, silhouettes.filled[owner] / max(area[owner], 1.0),
            height[owner] / full, float(line.sum()), float((line & holed).sum()),
        ])  # fmt: skip
    return np.array(rows)


def _measure_places(stats: Array, regions: Regions) -> Array:
    """Return each region's height in the subject, its neighbors in a row, and its mirror image."""
    x, y, w, h, area = stats.T
    left, top, width, height = cv2.boundingRect(1 - regions.outside)
    middle_x, middle_y = x + w / 2, y + h / 2
    ratio = np.minimum.outer(area, area) / np.maximum.outer(area, area)
    near = np.abs(middle_y[:, None] - middle_y) <= 0.25 * np.minimum.outer(h, h)
    row = near & (ratio > 0.6)
    np.fill_diagonal(row, False)
    mirrored = np.abs(middle_x[:, None] + middle_x - 2 * left - width) <= 0.06 * width
    pair = row & mirrored
    return np.column_stack([
        (middle_y - top) / height, row.sum(axis=1), pair.any(axis=1),
    ])  # fmt: skip
