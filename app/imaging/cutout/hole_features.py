"""Measurements of enclosed background-colored areas, from which paint is told from hole."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.regions import Regions

Array = npt.NDArray[Any]

NAMES = (
    "area_subject", "area_image", "total_area", "count", "same_size", "same_ring", "pair",
    "thickness", "inner_radius", "corners", "concavity", "off_axis",
    "wall_min", "wall_mean", "wall_std", "wall_to_radius",
    "ring_light", "ring_min", "ring_std", "ring_uniform", "ring_colors", "ring_change", "ring_rim",
    "islands", "island_share", "island_light",
    "subject_solid", "subject_aspect", "ink_mean", "ink_max", "ink_std",
)  # fmt: skip
IMAGE = 512.0 * 512.0  # px: what areas are measured against, whatever has been cropped
_SMALL = np.ones((5, 5), np.uint8)
_LARGE = np.ones((9, 9), np.uint8)
_CODE = np.array([1, 4, 16], np.int32)


@dataclass(frozen=True)
class _Subject:
    """What all areas of one image share; unit: 1 % of the subject's longer side, px."""

    depth: Array  # distance to the outside, px
    ink: Array  # distance of a subject's pixel to anything like background, px
    rim: Array  # bool: just inside the silhouette
    rim_color: Array
    pixels: float
    solid: float
    box: tuple[int, int, int, int]
    unit: float


def _subject(work: Array, solid: Array, outside: Array) -> _Subject:
    inside = 1 - outside
    x, y, w, h = cv2.boundingRect(inside)
    unit = max(w, h) / 100.0
    # Where nothing is outside, the distance to it has no end; no subject is deeper than wide.
    depth = np.minimum(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32(max(w, h)))
    ink = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.contourArea(cv2.convexHull(np.vstack(contours)))
    rim = (depth > 1.5) & (depth < 1.5 + max(2.0, 1.2 * unit))
    color = np.array(cv2.mean(work, rim.view(np.uint8))[:3], np.float32)
    pixels = float(cv2.countNonZero(inside))
    return _Subject(depth, ink, rim, color, pixels, pixels / max(hull, 1.0), (x, y, w, h), unit)


def measure(work: Array, parts: Regions, chosen: list[int]) -> Array:
    """One row of `NAMES` for each chosen area: (n, 31) float32.

    Args:
        work: (h, w, 3) uint8 BGR.
        parts: connected areas of that image.
        chosen: numbers of enclosed areas.
    """
    subject = _subject(work, parts.subject, parts.outside)
    rows, rings = [], []
    for number in chosen:
        row, ring = _one(work, parts, number, subject)
        rows.append(row)
        rings.append(ring)
    table = np.array(rows, np.float32)
    _relate(table, parts.stats[chosen].astype(np.float64), np.array(rings), subject)
    return table


def _one(work: Array, parts: Regions, number: int, subject: _Subject) -> tuple[list[float], Array]:
    x, y, w, h, pixels = (int(v) for v in parts.stats[number])
    pad = int(max(6, 4 * subject.unit))
    top, left = max(0, y - pad), max(0, x - pad)
    box = np.s_[top : y + h + pad, left : x + w + pad]
    mask = (parts.labels[box] == number).view(np.uint8)
    solid = parts.subject[box] > 0
    contours, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len)
    own = mask[y - top : y - top + h, x - left : x - left + w]
    form, radius = _form(own, outline, pixels)
    wall = subject.depth[box][outline[:, 0, 1], outline[:, 0, 0]] / subject.unit
    low = float(wall.min())
    ring, mean = _ring(work[box], mask, solid, subject, box)
    inner = [c for c, up in zip(contours, tree[0], strict=True) if up[3] >= 0]
    sx, _, sw, sh = subject.box
    off = abs((x + w / 2 - sx) / (sw / 2) - 1)
    return [
        pixels / subject.pixels, pixels / IMAGE, 0.0, 0.0, 0.0, 0.0, 0.0,
        form[0], radius / subject.unit, form[1], form[2], off,
        low, float(wall.mean()), float(wall.std()), low / max(radius / subject.unit, 0.1),
        *ring,
        *_islands(work[box], mask, solid, inner, max(cv2.contourArea(outline), 1.0)),
        subject.solid, sw / sh,
        *_ink(mask, solid, subject.ink[box], subject.unit),
    ], mean  # fmt: skip


def _form(mask: Array, outline: Array, pixels: int) -> tuple[tuple[float, float, float], float]:
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    radius = float(cv2.distanceTransform(framed, cv2.DIST_L2, 3).max())
    length = cv2.arcLength(outline, True)
    corners = len(cv2.approxPolyDP(outline, 0.02 * length + 1, True))
    dent = cv2.contourArea(cv2.convexHull(outline)) - cv2.contourArea(outline)
    square = max(radius * radius, 1.0)
    return (pixels / square, float(corners), dent / square), radius


def _ring(
    pixels: Array, mask: Array, solid: Array, subject: _Subject, box: Any
) -> tuple[list[float], Array]:
    """Colors just around the area, a little further out, and of the silhouette close by."""
    first = cv2.dilate(mask, _SMALL)
    second = cv2.dilate(first, _SMALL if subject.unit < 2.2 else _LARGE)
    third = cv2.dilate(second, _LARGE)
    close = pixels[((second - first) > 0) & solid]
    if len(close) < 5:
        close = pixels[((second - mask) > 0) & solid]
    if not len(close):
        close = np.zeros((1, 3), np.uint8)
    mean = close.mean(axis=0, dtype=np.float32)
    zone = ((third - second) > 0) & solid
    far = np.array(cv2.mean(pixels, zone.view(np.uint8))[:3]) if zone.any() else mean
    rim = subject.rim[box]
    edge = np.array(cv2.mean(pixels, rim.view(np.uint8))[:3]) if rim.any() else subject.rim_color
    light = close.mean(axis=1, dtype=np.float32)
    bins = np.bincount((close >> 6).astype(np.int32) @ _CODE, minlength=64) / len(close)
    return [
        float(light.mean()), float(light.min()), float(close.std(axis=0).mean()),
        float(bins.max()), float((bins > 0.08).sum()),
        float(np.abs(mean - far).max()), float(np.abs(mean - edge).max()),
    ], mean  # fmt: skip


def _ink(mask: Array, solid: Array, ink: Array, unit: float) -> list[float]:
    """How thick the strokes around the area are: thin all round in nets and lattices."""
    near = cv2.dilate(mask, _LARGE, iterations=2)
    depth = ink[((near - mask) > 0) & solid]
    if not len(depth):
        return [0.0, 0.0, 0.0]
    return [float(depth.mean()) / unit, float(depth.max()) / unit, float(depth.std()) / unit]


def _islands(
    pixels: Array, mask: Array, solid: Array, inner: list[Array], area: float
) -> list[float]:
    """How many things lie inside the area, how much of it they fill, how light they are."""
    if not inner:
        return [0.0, 0.0, 0.0]
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, inner, -1, 1, -1)
    inside = pixels[(filled > 0) & solid]
    light = float(inside.mean()) if len(inside) else 0.0
    return [float(len(inner)), sum(cv2.contourArea(c) for c in inner) / area, light]


def _relate(table: Array, stats: Array, rings: Array, subject: _Subject) -> None:
    """Fill in the columns that compare the areas of one image with each other."""
    sizes, area = stats[:, 2:4], stats[:, 4]
    ratio = np.minimum.outer(area, area) / np.maximum.outer(area, area)
    wide = np.minimum.outer(sizes[:, 0], sizes[:, 0]) / np.maximum.outer(sizes[:, 0], sizes[:, 0])
    high = np.minimum.outer(sizes[:, 1], sizes[:, 1]) / np.maximum.outer(sizes[:, 1], sizes[:, 1])
    same = (ratio > 0.75) & (np.minimum(wide, high) > 0.8)
    np.fill_diagonal(same, False)
    alike = np.abs(rings[:, None] - rings[None]).max(axis=2) < 24
    table[:, NAMES.index("total_area")] = area.sum() / subject.pixels
    table[:, NAMES.index("count")] = len(area)
    table[:, NAMES.index("same_size")] = same.sum(axis=1)
    table[:, NAMES.index("same_ring")] = alike.mean(axis=1)
    table[:, NAMES.index("pair")] = (ratio * same).max(axis=1)
