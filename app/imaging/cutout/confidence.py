"""How good a cutout probably is."""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.quality_metrics import CutoutMeasurements, QualityMetrics, gather
from app.imaging.cutout.report import CutoutReport

Array = npt.NDArray[Any]

GOOD = 0.9  # confidence from which nobody need look
EMPTY = 0.003  # coverage below which nothing is left
RATES = Path(__file__).with_name("confidence.json")
ANYTHING = "anything"  # in RATES: what goes wrong without any doubt
_REPORTED = 0.05  # part of the confidence that a doubt must cost to be named


@dataclass(frozen=True)
class Doubt:
    """One way in which a cutout fails.

    Attributes:
        text: what is wrong, for people.
        of: the field of `Evidence` that tells.
        low: where doubt begins.
        high: where doubt is complete.
        rate: how often complete doubt comes true, as the hazard -log(1 - chance); None where
            `confidence.json` tells, because it could be fitted.
        by_ratio: whether doubt grows with the logarithm between low and high.
    """

    text: str
    of: str
    low: float
    high: float
    rate: float | None = None
    by_ratio: bool = False

    def __call__(self, evidence: QualityMetrics) -> float:
        """How strong it is, 0..1."""
        value, low, high = float(getattr(evidence, self.of)), self.low, self.high
        if self.by_ratio:
            value, low, high = math.log(max(value, low)), math.log(low), math.log(high)
        return min(1.0, max(0.0, (value - low) / (high - low)))


_SHADOW = "a shadow was taken away"

# The rates given here are set by hand: the images of bench/verdict hold too few such cases. To an
# outline as light as the paper the fit gives nothing beside the crumbs; a little is left to it.
DOUBTS = (
    Doubt("enclosed areas may be paint or holes", "misjudged", 0.0, 1.0),
    Doubt("enclosed areas were cut for their color alone", "same_color", 0.0, 1.0),
    Doubt(_SHADOW + ", and from inside the subject", "shade_cut", 0.001, 0.03, by_ratio=True),
    Doubt(_SHADOW + ", but light areas inside were kept", "shade_kept", 0.002, 0.05, by_ratio=True),
    Doubt("loose crumbs of the subject were left", "crumbs", 0.5, 10, by_ratio=True),
    Doubt("the background comes in through a narrow gap", "pocket", 0.01, 0.03),
    Doubt("much of the outline is as light as the background", "faint", 0.03, 0.5, rate=0.3),
    Doubt("the subject runs off the image", "hidden", 0.02, 0.6, rate=1.0),
    Doubt("the background is uneven", "noise", 1.5, 6.0, rate=1.0),
    Doubt("almost nothing was left", "coverage", 0.02, 0.0, rate=1.0),
    Doubt("almost nothing was cut", "coverage", 0.9, 1.0, rate=1.0),
)
FITTED = tuple(doubt for doubt in DOUBTS if doubt.rate is None)


@lru_cache(maxsize=1)
def rates() -> tuple[float, tuple[float, ...]]:
    """The hazard that any image has, and the rate of each of DOUBTS."""
    fitted = json.loads(RATES.read_text("utf-8"))["rates"]
    each = tuple(fitted[doubt.of] if doubt.rate is None else doubt.rate for doubt in DOUBTS)
    return fitted[ANYTHING], each


def confidence(evidence: QualityMetrics) -> tuple[float, tuple[str, ...]]:
    """Chance that the result is right, 0..1, and what speaks against it.

    Each doubt is a way to fail that is independent of the others, with a hazard in proportion to
    its strength: the chance that none comes true is exp(-(rate x strength + ...)), a binary
    regression with the complementary log-log link and no negative weight (Fisher, 1922).
    """
    anything, each = rates()
    hazards = [doubt(evidence) * rate for doubt, rate in zip(DOUBTS, each, strict=True)]
    reported = -math.log(1 - _REPORTED)
    texts = [
        doubt.text for doubt, hazard in zip(DOUBTS, hazards, strict=True) if hazard >= reported
    ]
    return math.exp(-anything - sum(hazards)), tuple(dict.fromkeys(texts))


def judge(facts: CutoutMeasurements) -> CutoutReport:
    """The report of a finished cutout, with a verdict and the reasons for it."""
    evidence = gather(facts)
    sure, reasons = confidence(evidence)
    empty = evidence.coverage < EMPTY
    return CutoutReport(
        background=_hex(facts.backdrop),
        coverage=round(evidence.coverage, 4),
        softness=round(float(facts.softness), 2),
        holes_kept=int(facts.holes.kept),
        holes_cut=int(facts.holes.cut),
        touches_border=_touches(_framed(facts.alpha, *facts.fitted)),
        shadow=facts.shadow,
        confidence=0.0 if empty else round(sure, 3),
        verdict="bad" if empty else "good" if sure >= GOOD else "check",
        reasons=("nothing but background was found",) if empty else reasons,
    )


def _hex(back: Background) -> str:
    blue, green, red = (round(float(v)) for v in back.color)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _framed(alpha: Array, height: int, width: int) -> Array:
    top, left = (alpha.shape[0] - height) // 2, (alpha.shape[1] - width) // 2
    return alpha[top : top + height, left : left + width]


def _touches(alpha: Array) -> bool:
    strips = (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1])
    return any(bool((s > 127).any()) for s in strips)


def passed(alpha: Array, size: int) -> CutoutReport:
    """The report of an image that came with transparency and was only resized."""
    coverage = float(alpha.sum(dtype=np.int64)) / 255 / size**2
    empty = float(alpha.mean()) / 255 < EMPTY
    return CutoutReport(
        "#000000", round(coverage, 4), 0.0, 0, 0, _touches(alpha), shadow=False,
        confidence=0.0 if empty else 1.0, verdict="bad" if empty else "good",
        reasons=("the image is empty",) if empty else ("it was transparent already",),
    )  # fmt: skip


def whole(back: Background, coverage: float) -> CutoutReport:
    """The report of an image without a plain background, which is kept as it is."""
    reasons = ("no plain background was found, so the image is kept whole",)
    return CutoutReport(
        _hex(back), round(coverage, 4), 0.0, 0, 0, touches_border=True, shadow=False,
        confidence=0.0, verdict="bad", reasons=reasons,
    )  # fmt: skip
