"""Measure properties of a cutout that correlate with its quality."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.holes import HoleDecisions
from app.imaging.cutout.report import EnclosedArea

Array = npt.NDArray[Any]

_FRAGMENT_AREA = 9.0  # px within the outline: 4 x 4 px, and less, of the result
_MAX_FRAGMENTS = 10  # counted at most: by then the edge has disintegrated


@dataclass(frozen=True)
class CutoutMeasurements:
    """Measurements from the steps of one cutout.

    Attributes:
        background: the background.
        alpha: (size, size) uint8, of the result.
        holes: how enclosed regions were classified.
        edge_width: usual width of the edges, px of the result.
        shadow: whether a shadow was removed with the background.
        low_contrast: share of the outline that hardly differs from the background, 0..1.
        areas: the visible enclosed areas.
        content_size: height and width that the image takes up in the square, px.
    """

    background: Background
    alpha: Array
    holes: HoleDecisions
    edge_width: float
    shadow: bool
    low_contrast: float
    areas: tuple[EnclosedArea, ...]
    content_size: tuple[int, int]


@dataclass(frozen=True)
class QualityMetrics:
    """The numbers that the confidence is computed from.

    Attributes:
        hole_errors: enclosed regions that are expected to be misclassified, weighted by their
            visibility.
        shadow_cut: share of the image, 0..1, that is enclosed in a shadow and was cut.
        shadow_kept: the same, but kept.
        fragments: tiny separate pieces of subject, 0..10.
        low_contrast: share of the outline that hardly differs from the background, 0..1.
        inlet: share of the image, 0..1, that is cut through a narrow gap.
        clipped: share of the image's border, 0..1, that is not background.
        noise: standard deviation of the background, in levels.
        coverage: mean opacity over the square, 0..1.
        softness: usual width of the edges, px of the result.
    """

    hole_errors: float
    shadow_cut: float
    shadow_kept: float
    fragments: float
    low_contrast: float
    inlet: float
    clipped: float
    noise: float
    coverage: float
    softness: float


def measure_quality(measurements: CutoutMeasurements) -> QualityMetrics:
    """Compute the metrics; this takes about 0.3 ms."""
    holes = measurements.holes
    return QualityMetrics(
        hole_errors=holes.expected_errors,
        shadow_cut=holes.shadow_cut,
        shadow_kept=holes.shadow_kept,
        fragments=float(_count_fragments(measurements.alpha)),
        low_contrast=measurements.low_contrast,
        inlet=_inlet_share(measurements.alpha),
        clipped=1 - measurements.background.border_share,
        noise=measurements.background.noise,
        coverage=float(measurements.alpha.mean()) / 255,
        softness=float(measurements.edge_width),
    )


def _count_fragments(alpha: Array) -> int:
    """Count isolated pieces of subject, which pale subjects and shadows leave."""
    opaque = (alpha > 127).view(np.uint8)
    contours, _ = cv2.findContours(opaque, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    count = 0
    for contour in contours:
        count += cv2.contourArea(contour) < _FRAGMENT_AREA
        if count == _MAX_FRAGMENTS:
            break
    return count


def _inlet_share(alpha: Array) -> float:
    """Return the share of the image that is cut through gaps under 5 px."""
    clear = (alpha < 128).view(np.uint8)
    padded = cv2.copyMakeBorder(clear, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=1)
    core = cv2.erode(padded, np.ones((5, 5), np.uint8))
    cv2.floodFill(padded, None, (0, 0), 2, flags=4)
    cv2.floodFill(core, None, (3, 3), 2, flags=4)
    return float(np.count_nonzero((core == 1) & (padded == 2))) / alpha.size
