"""Measure enclosed regions, as input for the classifier of holes."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.regions import Regions

Array = npt.NDArray[Any]

NAMES = (
    "area_to_subject", "area_to_image", "total_area", "count",
    "similar_size", "similar_ring", "closest_size",
    "elongation", "inscribed_radius", "vertices", "concavity", "axis_offset",
    "wall_min", "wall_mean", "wall_std", "wall_to_radius",
    "ring_mean", "ring_min", "ring_std", "ring_uniformity", "ring_colors",
    "ring_gradient", "ring_to_outline",
    "islands", "island_share", "island_mean",
    "subject_solidity", "subject_aspect", "stroke_mean", "stroke_max", "stroke_std",
)  # fmt: skip
IMAGE_AREA = 512.0 * 512.0  # px: areas are relative to this, even if the image was cropped
_SQUARE_5 = np.ones((5, 5), np.uint8)
_SQUARE_9 = np.ones((9, 9), np.uint8)
_COLOR_BIN = np.array([1, 4, 16], np.int32)


@dataclass(frozen=True)
class _Subject:
    """Properties that all regions of an image share."""

    depth: Array  # distance to the outside, px
    stroke: Array  # distance of a subject's pixel to anything background-like, px
    outline: Array  # bool: just inside the silhouette
    outline_color: Array
    area: float
    solidity: float
    box: tuple[int, int, int, int]
    unit: float  # 1 % of the longer side, px


def _measure_subject(image: Array, solid: Array, outside: Array) -> _Subject:
    inside = 1 - outside
    x, y, w, h = cv2.boundingRect(inside)
    unit = max(w, h) / 100.0
    # Where nothing is outside, the distance to it is infinite; no subject is deeper than wide.
    depth = np.minimum(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32(max(w, h)))
    stroke = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.contourArea(cv2.convexHull(np.vstack(contours)))
    outline = (depth > 1.5) & (depth < 1.5 + max(2.0, 1.2 * unit))
    color = np.array(cv2.mean(image, outline.view(np.uint8))[:3], np.float32)
    area = float(cv2.countNonZero(inside))
    return _Subject(depth, stroke, outline, color, area, area / max(hull, 1.0), (x, y, w, h), unit)


def measure_regions(image: Array, regions: Regions, chosen: list[int]) -> Array:
    """Measure the features in `NAMES` of each chosen region.

    Args:
        image: (h, w, 3) uint8 BGR.
        regions: of that image.
        chosen: numbers of enclosed regions.

    Returns:
        (n, 31) float32, a region per row.
    """
    subject = _measure_subject(image, regions.subject, regions.outside)
    samples, rings = [], []
    for number in chosen:
        sample, ring_color = _measure_region(image, regions, number, subject)
        samples.append(sample)
        rings.append(ring_color)
    table = np.array(samples, np.float32)
    _compare_regions(table, regions.stats[chosen].astype(np.float64), np.array(rings), subject)
    return table


def _measure_region(
    image: Array, regions: Regions, number: int, subject: _Subject
) -> tuple[list[float], Array]:
    """Return the features of one region, and the mean color around it."""
    x, y, w, h, area = (int(v) for v in regions.stats[number])
    pad = int(max(6, 4 * subject.unit))
    top, left = max(0, y - pad), max(0, x - pad)
    box = np.s_[top : y + h + pad, left : x + w + pad]
    mask = (regions.labels[box] == number).view(np.uint8)
    solid = regions.subject[box] > 0
    contours, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)
    own = mask[y - top : y - top + h, x - left : x - left + w]
    shape, radius = _measure_shape(own, contour, area)
    wall = subject.depth[box][contour[:, 0, 1], contour[:, 0, 0]] / subject.unit
    wall_min = float(wall.min())
    ring, ring_color = _measure_ring(image[box], mask, solid, subject, box)
    inner = [c for c, node in zip(contours, tree[0], strict=True) if node[3] >= 0]
    subject_x, _, subject_w, subject_h = subject.box
    axis_offset = abs((x + w / 2 - subject_x) / (subject_w / 2) - 1)
    return [
        area / subject.area, area / IMAGE_AREA, 0.0, 0.0, 0.0, 0.0, 0.0,
        shape[0], radius / subject.unit, shape[1], shape[2], axis_offset,
        wall_min, float(wall.mean()), float(wall.std()),
        wall_min / max(radius / subject.unit, 0.1),
        *ring,
        *_measure_islands(image[box], mask, solid, inner, max(cv2.contourArea(contour), 1.0)),
        subject.solidity, subject_w / subject_h,
        *_measure_strokes(mask, solid, subject.stroke[box], subject.unit),
    ], ring_color  # fmt: skip


def _measure_shape(
    mask: Array, contour: Array, area: int
) -> tuple[tuple[float, float, float], float]:
    """Return elongation, vertices and concavity, and the inscribed radius."""
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    radius = float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())
    length = cv2.arcLength(contour, True)
    vertices = len(cv2.approxPolyDP(contour, 0.02 * length + 1, True))
    missing = cv2.contourArea(cv2.convexHull(contour)) - cv2.contourArea(contour)
    square = max(radius * radius, 1.0)
    return (area / square, float(vertices), missing / square), radius


def _measure_ring(
    image: Array, mask: Array, solid: Array, subject: _Subject, box: Any
) -> tuple[list[float], Array]:
    """Measure the colors around a region and of the silhouette nearby."""
    first = cv2.dilate(mask, _SQUARE_5)
    second = cv2.dilate(first, _SQUARE_5 if subject.unit < 2.2 else _SQUARE_9)
    third = cv2.dilate(second, _SQUARE_9)
    near = image[((second - first) > 0) & solid]
    if len(near) < 5:
        near = image[((second - mask) > 0) & solid]
    if not len(near):
        near = np.zeros((1, 3), np.uint8)
    mean = near.mean(axis=0, dtype=np.float32)
    zone = ((third - second) > 0) & solid
    far = np.array(cv2.mean(image, zone.view(np.uint8))[:3]) if zone.any() else mean
    outline = subject.outline[box]
    edge = np.array(cv2.mean(image, outline.view(np.uint8))[:3])
    edge = edge if outline.any() else subject.outline_color
    blue, green, red = near.T.astype(np.float32)  # a reduction over three columns is slow
    brightness = (blue + green + red) / np.float32(3)
    bins = np.bincount((near >> 6).astype(np.int32) @ _COLOR_BIN, minlength=64) / len(near)
    return [
        float(brightness.mean()), float(brightness.min()), float(near.std(axis=0).mean()),
        float(bins.max()), float((bins > 0.08).sum()),
        float(np.abs(mean - far).max()), float(np.abs(mean - edge).max()),
    ], mean  # fmt: skip


def _measure_strokes(mask: Array, solid: Array, stroke: Array, unit: float) -> list[float]:
    """Measure the thickness of the strokes around a region.

    In nets and lattices they are thin on all sides.
    """
    near = cv2.dilate(mask, _SQUARE_9, iterations=2)
    depth = stroke[((near - mask) > 0) & solid]
    if not len(depth):
        return [0.0, 0.0, 0.0]
    return [float(depth.mean()) / unit, float(depth.max()) / unit, float(depth.std()) / unit]


def _measure_islands(
    image: Array, mask: Array, solid: Array, inner: list[Array], area: float
) -> list[float]:
    """Return the number, share and brightness of islands in a region."""
    if not inner:
        return [0.0, 0.0, 0.0]
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, inner, -1, 1, -1)
    inside = image[(filled > 0) & solid]
    brightness = float(inside.mean()) if len(inside) else 0.0
    return [float(len(inner)), sum(cv2.contourArea(c) for c in inner) / area, brightness]


def _compare_regions(table: Array, stats: Array, rings: Array, subject: _Subject) -> None:
    """Fill in the columns that compare the regions of an image."""
    sizes, area = stats[:, 2:4], stats[:, 4]
    ratio = np.minimum.outer(area, area) / np.maximum.outer(area, area)
    width = np.minimum.outer(sizes[:, 0], sizes[:, 0]) / np.maximum.outer(sizes[:, 0], sizes[:, 0])
    height = np.minimum.outer(sizes[:, 1], sizes[:, 1]) / np.maximum.outer(sizes[:, 1], sizes[:, 1])
    similar = (ratio > 0.75) & (np.minimum(width, height) > 0.8)
    np.fill_diagonal(similar, False)
    similar_ring = np.abs(rings[:, None] - rings[None]).max(axis=2) < 24
    table[:, NAMES.index("total_area")] = area.sum() / subject.area
    table[:, NAMES.index("count")] = len(area)
    table[:, NAMES.index("similar_size")] = similar.sum(axis=1)
    table[:, NAMES.index("similar_ring")] = similar_ring.mean(axis=1)
    table[:, NAMES.index("closest_size")] = (ratio * similar).max(axis=1)
