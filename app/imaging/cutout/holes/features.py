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


@dataclass(frozen=True)
class _Subject:
    """Properties that all regions of an image share."""

    pixels: Array  # uint32: BGR, and the color in two bits a channel
    brightness: Array  # uint16: sum of the channels
    solid: Array  # uint8: 1 where pixels are not background-like
    depth: Array  # distance to the outside, px
    stroke: Array  # distance of a subject's pixel to anything background-like, px
    outline: Array  # uint8: 1 just inside the silhouette
    outline_color: list[float]
    area: float
    solidity: float
    box: tuple[int, int, int, int]
    unit: float  # 1 % of the longer side, px

    def colors(self, mask: Array, box: Any) -> Array:
        """Return BGR and coarse color where a mask of the box is 1: (n, 4) uint8."""
        chosen = self.pixels[box][mask.view(bool)]
        return np.asarray(chosen.view(np.uint8).reshape(-1, 4))


def _measure_subject(image: Array, solid: Array, outside: Array) -> _Subject:
    inside = 1 - outside
    x, y, w, h = cv2.boundingRect(inside)
    unit = max(w, h) / 100.0
    # Where nothing is outside, the distance to it is infinite; no subject is deeper than wide.
    depth = np.minimum(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32(max(w, h)))
    stroke = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.contourArea(cv2.convexHull(np.vstack(contours)))
    outline = ((depth > 1.5) & (depth < 1.5 + max(2.0, 1.2 * unit))).view(np.uint8)
    area = float(cv2.countNonZero(inside))
    pixels, brightness = _pack_colors(image)
    return _Subject(
        pixels, brightness, solid, depth, stroke, outline, list(cv2.mean(image, outline)[:3]),
        area, area / max(hull, 1.0), (x, y, w, h), unit,
    )  # fmt: skip


def _pack_colors(image: Array) -> tuple[Array, Array]:
    """Return each pixel in one number, and its brightness.

    A mask chooses from numbers ten times as fast as from colors. The fourth byte is the color in
    two bits a channel, for histograms.
    """
    channels: Any = cv2.split(image)
    blue, green, red = channels
    brightness = blue.astype(np.uint16)
    brightness += green
    brightness += red
    coarse = blue >> 6
    for channel, shift in ((green, 4), (red, 2)):
        coarse |= (channel & 192) >> shift
    packed = np.asarray(cv2.merge([blue, green, red, coarse]))
    return packed.view(np.uint32)[..., 0], brightness


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
        sample, ring_color = _measure_region(regions, number, subject)
        samples.append(sample)
        rings.append(ring_color)
    table = np.array(samples, np.float32)
    _compare_regions(table, regions.stats[chosen].astype(np.float64), np.array(rings), subject)
    return table


def _measure_region(
    regions: Regions, number: int, subject: _Subject
) -> tuple[list[float], list[float]]:
    """Return the features of one region, and the mean color around it."""
    x, y, w, h, area = regions.stats[number].tolist()
    pad = int(max(6, 4 * subject.unit))
    top, left = max(0, y - pad), max(0, x - pad)
    box = np.s_[top : y + h + pad, left : x + w + pad]
    mask = (regions.labels[box] == number).view(np.uint8)
    contours, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)
    own = mask[y - top : y - top + h, x - left : x - left + w]
    shape, radius = _measure_shape(own, contour, area)
    wall = subject.depth[box][contour[:, 0, 1], contour[:, 0, 0]] / subject.unit
    wall_min = float(wall.min())
    ring, ring_color = _measure_ring(mask, subject, box)
    inner = [c for c, node in zip(contours, tree[0], strict=True) if node[3] >= 0]
    subject_x, _, subject_w, subject_h = subject.box
    axis_offset = abs((x + w / 2 - subject_x) / (subject_w / 2) - 1)
    return [
        area / subject.area, area / IMAGE_AREA, 0.0, 0.0, 0.0, 0.0, 0.0,
        shape[0], radius / subject.unit, shape[1], shape[2], axis_offset,
        wall_min, *_mean_and_deviation(wall),
        wall_min / max(radius / subject.unit, 0.1),
        *ring,
        *_measure_islands(subject, box, inner, max(cv2.contourArea(contour), 1.0)),
        subject.solidity, subject_w / subject_h,
        *_measure_strokes(mask, subject, box),
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


def _measure_ring(mask: Array, subject: _Subject, box: Any) -> tuple[list[float], list[float]]:
    """Measure the colors around a region and of the silhouette nearby."""
    solid = subject.solid[box]
    first = cv2.dilate(mask, _SQUARE_5)
    second = cv2.dilate(first, _SQUARE_5 if subject.unit < 2.2 else _SQUARE_9)
    zone = _between(second, cv2.dilate(second, _SQUARE_9), solid)
    near = _between(first, second, solid)
    if cv2.countNonZero(near) < 5:
        near = _between(mask, second, solid)
    colors = subject.colors(near, box)
    if not len(colors):
        colors = np.zeros((1, 4), np.uint8)
    mean, deviation = (values[:3, 0].tolist() for values in cv2.meanStdDev(colors[:, None]))
    bins = np.bincount(colors[:, 3]) / len(colors)
    far = _mean_color(subject.colors(zone, box), mean)
    edge = _mean_color(subject.colors(subject.outline[box], box), subject.outline_color)
    return [
        sum(mean) / 3, cv2.minMaxLoc(subject.brightness[box], near)[0] / 3, sum(deviation) / 3,
        float(bins.max()), float(np.count_nonzero(bins > 0.08)),
        max(abs(a - b) for a, b in zip(mean, far, strict=True)),
        max(abs(a - b) for a, b in zip(mean, edge, strict=True)),
    ], mean  # fmt: skip


def _between(inner: Any, outer: Any, solid: Array) -> Array:
    """Return the part of the subject that the larger mask adds: (h, w) uint8."""
    return np.asarray(cv2.bitwise_and(cv2.bitwise_xor(outer, inner), solid))


def _mean_color(colors: Array, default: list[float]) -> list[float]:
    return list(cv2.mean(colors[:, None])[:3]) if len(colors) else default


def _measure_strokes(mask: Array, subject: _Subject, box: Any) -> list[float]:
    """Measure the thickness of the strokes around a region.

    In nets and lattices they are thin on all sides.
    """
    near = _between(mask, cv2.dilate(mask, _SQUARE_9, iterations=2), subject.solid[box])
    depth = subject.stroke[box][near.view(bool)]
    if not len(depth):
        return [0.0, 0.0, 0.0]
    mean, deviation = _mean_and_deviation(depth)
    return [mean / subject.unit, float(depth.max()) / subject.unit, deviation / subject.unit]


def _measure_islands(subject: _Subject, box: Any, inner: list[Array], area: float) -> list[float]:
    """Return the number, share and brightness of islands in a region."""
    if not inner:
        return [0.0, 0.0, 0.0]
    solid = subject.solid[box]
    filled = np.zeros_like(solid)
    cv2.drawContours(filled, inner, -1, 1, -1)
    brightness = cv2.mean(subject.brightness[box], filled & solid)[0] / 3
    return [float(len(inner)), sum(cv2.contourArea(c) for c in inner) / area, brightness]


def _mean_and_deviation(values: Array) -> tuple[float, float]:
    """Return the mean and the standard deviation of (n,) float32 values."""
    mean, deviation = cv2.meanStdDev(values)
    return float(mean[0, 0]), float(deviation[0, 0])


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
