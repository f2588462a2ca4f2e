"""Estimate how likely a cutout is right, and write its report."""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.quality_metrics import (
    CutoutMeasurements,
    QualityMetrics,
    measure_quality,
)
from app.imaging.cutout.report import CutoutReport, EnclosedArea

Array = npt.NDArray[Any]

GOOD_CONFIDENCE = 0.9  # from which a cutout needs no inspection
EMPTY_COVERAGE = 0.003  # below which nothing is left
HAZARDS_FILE = Path(__file__).with_name("confidence.json")
BASELINE = "baseline"  # in HAZARDS_FILE: the hazard without any risk
HOLE_REASON = "enclosed areas may be subject or holes"
DOUBT = 0.1  # probability of being subject, or a hole, from which an area is doubtful
_MIN_REASON = 0.05  # share of the confidence that a risk must cost to be reported


@dataclass(frozen=True)
class Risk:
    """One way in which a cutout can fail.

    Attributes:
        reason: the problem, as the report states it.
        metric: the field of `QualityMetrics` that indicates it.
        low: value at which the risk begins.
        high: value at which it reaches its full strength.
        hazard: how often a risk of full strength occurs, as -log(1 - probability); None if it was
            fitted and is in `confidence.json`.
        log_scale: whether the risk grows with the logarithm between low and high.
    """

    reason: str
    metric: str
    low: float
    high: float
    hazard: float | None = None
    log_scale: bool = False

    def strength(self, metrics: QualityMetrics) -> float:
        """Return how strong the risk is, 0..1."""
        value, low, high = float(getattr(metrics, self.metric)), self.low, self.high
        if self.log_scale:
            value, low, high = math.log(max(value, low)), math.log(low), math.log(high)
        return min(1.0, max(0.0, (value - low) / (high - low)))


# Hazards in this table are set by hand, because the images of bench/confidence contain too few such
# cases. The fit assigns a low-contrast outline no weight in addition to the fragments that it
# leaves, so its small hazard is set by hand, too.
RISKS = (
    Risk(HOLE_REASON, "hole_errors", 0.0, 1.0),
    Risk(
        "a shadow was removed, also inside the subject",
        "shadow_cut", 0.001, 0.03, log_scale=True,
    ),
    Risk(
        "a shadow was removed, but light areas inside the subject were kept",
        "shadow_kept", 0.002, 0.05, log_scale=True,
    ),
    Risk("small fragments of the subject were left", "fragments", 0.5, 10, log_scale=True),
    Risk("the edges are soft, as of fur or a glow", "softness", 1.2, 3.0, log_scale=True),
    Risk(
        "the background enters the subject through a narrow gap", "inlet", 0.01, 0.03, hazard=0.84
    ),
    Risk("much of the outline is as light as the background", "low_contrast", 0.03, 0.5, 0.3),
    Risk("the subject extends beyond the image", "clipped", 0.02, 0.6, hazard=1.0),
    Risk("the background is uneven", "noise", 1.5, 6.0, hazard=1.0),
    Risk("almost nothing was left", "coverage", 0.02, 0.0, hazard=1.0),
    Risk("almost nothing was cut", "coverage", 0.9, 1.0, hazard=1.0),
)  # fmt: skip
FITTED_RISKS = tuple(risk for risk in RISKS if risk.hazard is None)


@lru_cache(maxsize=1)
def hazards() -> tuple[float, tuple[float, ...]]:
    """Return the baseline hazard, and the hazard of each of RISKS."""
    fitted = json.loads(HAZARDS_FILE.read_text("utf-8"))["hazards"]
    each = tuple(fitted[risk.metric] if risk.hazard is None else risk.hazard for risk in RISKS)
    return fitted[BASELINE], each


def estimate_confidence(metrics: QualityMetrics) -> tuple[float, tuple[str, ...]]:
    """Return the probability that the cutout is right, and reasons against.

    Each risk is a failure that is independent of the others, with a hazard in proportion to its
    strength. The probability that none occurs is exp(-(hazard x strength + ...)): a binary
    regression with the complementary log-log link and no negative weight (Fisher, 1922).
    """
    baseline, each = hazards()
    costs = [risk.strength(metrics) * hazard for risk, hazard in zip(RISKS, each, strict=True)]
    threshold = -math.log(1 - _MIN_REASON)
    reasons = [risk.reason for risk, cost in zip(RISKS, costs, strict=True) if cost >= threshold]
    return math.exp(-baseline - sum(costs)), tuple(dict.fromkeys(reasons))


def report_cutout(measurements: CutoutMeasurements) -> CutoutReport:
    """Return the report of a cutout, with its verdict and the reasons for it."""
    metrics = measure_quality(measurements)
    confidence, reasons = estimate_confidence(metrics)
    empty = metrics.coverage < EMPTY_COVERAGE
    reasons = tuple(_name_areas(reason, measurements.areas) for reason in reasons)
    return CutoutReport(
        background=_to_hex(measurements.background),
        coverage=round(metrics.coverage, 4),
        softness=round(float(measurements.edge_width), 2),
        holes_kept=int(measurements.holes.kept),
        holes_cut=int(measurements.holes.cut),
        touches_border=_touches_border(_content(measurements.alpha, *measurements.content_size)),
        shadow=measurements.shadow,
        confidence=0.0 if empty else round(confidence, 3),
        verdict="bad" if empty else "good" if confidence >= GOOD_CONFIDENCE else "check",
        reasons=("nothing but background was found",) if empty else reasons,
        areas=measurements.areas,
    )


def _name_areas(reason: str, areas: tuple[EnclosedArea, ...]) -> str:
    """Return the reason, with the numbers of the areas that are doubtful."""
    doubtful = [str(area.number) for area in areas if DOUBT < area.chance < 1 - DOUBT]
    if reason != HOLE_REASON or not doubtful:
        return reason
    return f"{reason}: {', '.join(doubtful)}"


def report_uncut(background: Background, coverage: float) -> CutoutReport:
    """Return the report of an image without a plain background."""
    reasons = ("no plain background was found, so the image is kept whole",)
    return CutoutReport(
        _to_hex(background), round(coverage, 4), 0.0, 0, 0, touches_border=True, shadow=False,
        confidence=0.0, verdict="bad", reasons=reasons,
    )  # fmt: skip


def _to_hex(background: Background) -> str:
    blue, green, red = (round(float(v)) for v in background.color)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _content(alpha: Array, height: int, width: int) -> Array:
    top, left = (alpha.shape[0] - height) // 2, (alpha.shape[1] - width) // 2
    return alpha[top : top + height, left : left + width]


def _touches_border(alpha: Array) -> bool:
    strips = (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1])
    return any(bool((strip > 127).any()) for strip in strips)
