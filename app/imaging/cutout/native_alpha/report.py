"""Report on a cutout that uses the alpha channel which came with the image."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.cutout.confidence import EMPTY_COVERAGE, GOOD_CONFIDENCE
from app.imaging.cutout.holes import HoleDecisions
from app.imaging.cutout.native_alpha.cleaning import VEIL
from app.imaging.cutout.report import CutoutReport, EnclosedArea

Array = npt.NDArray[Any]

_HAZE = 63  # levels of alpha up to which a pixel is nearly transparent
_MIN_COST = 0.05  # of the confidence that a doubt must cost to be reported


@dataclass(frozen=True)
class _Doubt:
    """A sign that the model's transparency may be wrong.

    Attributes:
        reason: the problem, as the report states it.
        low: value at which the doubt begins.
        high: value at which it costs most, below `low` if small values are bad.
        cost: share of the confidence that it costs at most.
    """

    reason: str
    low: float
    high: float
    cost: float

    def cost_at(self, value: float) -> float:
        strength = (value - self.low) / (self.high - self.low)
        return self.cost * min(1.0, max(0.0, strength))


# No image with a known mistake of a model was at hand, so these limits are set by hand, beyond what
# 28 good images have: 0.068 of haze, 0.67 of the visible pixels opaque, 0.5 of the border covered.
_AREAS = _Doubt("enclosed areas may be subject that the model left see-through", 0, 1, 1)
_VEILED = _Doubt("much of the image is nearly transparent", 0.1, 0.3, 0.5)
_FADED = _Doubt("hardly anything in the image is opaque", 0.4, 0.1, 0.5)
_CLIPPED = _Doubt("the subject extends beyond the image", 0.6, 1.0, 0.5)


def report_native(
    alpha: Array, size: int, decisions: HoleDecisions, areas: tuple[EnclosedArea, ...]
) -> CutoutReport:
    """Return the report of an image whose own alpha was used.

    Args:
        alpha: (h, w) uint8 of the result, without bars that make it square.
        size: side of the square result, px.
        decisions: on the enclosed see-through areas.
        areas: those of them that are visible.
    """
    visible = max(int(np.count_nonzero(alpha > VEIL)), 1)
    haze = int(np.count_nonzero((alpha > VEIL) & (alpha <= _HAZE)))
    border = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    opaque = int(np.count_nonzero(alpha >= 255 - VEIL))
    costs = {
        _AREAS: _AREAS.cost_at(decisions.expected_errors),
        _VEILED: _VEILED.cost_at(haze / alpha.size),
        _FADED: _FADED.cost_at(opaque / visible),
        _CLIPPED: _CLIPPED.cost_at(float((border > 127).mean())),
    }
    confidence = float(np.prod([1 - cost for cost in costs.values()]))
    reasons = tuple(doubt.reason for doubt, cost in costs.items() if cost >= _MIN_COST)
    empty = float(alpha.mean()) / 255 < EMPTY_COVERAGE
    return CutoutReport(
        background="#000000",
        coverage=round(float(alpha.sum(dtype=np.int64)) / 255 / size**2, 4),
        softness=0.0,
        holes_kept=decisions.kept,
        holes_cut=decisions.cut,
        touches_border=bool((border > 127).any()),
        shadow=False,
        confidence=0.0 if empty else round(confidence, 3),
        verdict="bad" if empty else "good" if confidence >= GOOD_CONFIDENCE else "check",
        reasons=("the image is empty",) if empty else reasons or _TRANSPARENT,
        areas=areas,
        source="model",
    )


_TRANSPARENT = ("the image was already transparent",)
