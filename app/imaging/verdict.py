"""How good a cutout probably is."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.backdrop import Backdrop
from app.imaging.holes import Verdicts
from app.imaging.report import CutoutReport

Array = npt.NDArray[Any]

GOOD = 0.8  # confidence from which nobody need look
EMPTY = 0.003  # coverage below which nothing is left


@dataclass(frozen=True)
class Facts:
    """What the steps of one cutout found.

    Attributes:
        backdrop: the background.
        alpha: (size, size) uint8, of the finished picture.
        holes: what became of enclosed areas.
        softness: width of the edges in output px.
        shadow: whether a shadow was taken for background.
        faint: part of the outline that hardly differs from the background, 0..1.
        fitted: height and width that the picture takes up of the square, in px.
    """

    backdrop: Backdrop
    alpha: Array
    holes: Verdicts
    softness: float
    shadow: bool
    faint: float
    fitted: tuple[int, int]


def judge(facts: Facts) -> CutoutReport:
    """The report of a finished cutout, with a verdict and the reasons for it."""
    coverage = float(facts.alpha.mean()) / 255
    doubts = _doubts(facts, coverage)
    confidence = 1.0
    for _, weight in doubts:
        confidence *= 1 - min(0.99, weight)
    reasons = tuple(text for text, weight in doubts if weight >= 0.05)
    empty = coverage < EMPTY
    return CutoutReport(
        background=_hex(facts.backdrop),
        coverage=round(coverage, 4),
        softness=round(float(facts.softness), 2),
        holes_kept=int(facts.holes.kept),
        holes_cut=int(facts.holes.cut),
        touches_border=_touches(_framed(facts.alpha, *facts.fitted)),
        shadow=facts.shadow,
        confidence=0.0 if empty else round(float(confidence), 3),
        verdict="bad" if empty else "good" if confidence >= GOOD else "check",
        reasons=("nothing but background was found",) if empty else reasons,
    )


def _doubts(facts: Facts, coverage: float) -> list[tuple[str, float]]:
    """Each doubt in words, and how much confidence it costs, 0..1."""
    back = facts.backdrop
    return [
        ("enclosed areas may be paint or holes", _ramp(facts.holes.doubt, 0.0, 0.012)),
        ("much of the outline is as light as the background", _ramp(facts.faint, 0.03, 0.5)),
        ("the background comes in through a narrow gap", _ramp(_pocket(facts.alpha), 0.004, 0.04)),
        ("a shadow was taken away", 0.25 if facts.shadow else 0.0),
        ("the subject runs off the picture", _ramp(1 - back.share, 0.02, 0.6)),
        ("the background is uneven", _ramp(back.noise, 1.5, 6.0)),
        ("almost nothing was left", _ramp(0.02 - coverage, 0.0, 0.02)),
        ("almost nothing was cut", _ramp(coverage, 0.9, 1.0)),
    ]


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _hex(back: Backdrop) -> str:
    blue, green, red = (round(float(v)) for v in back.colour)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _framed(alpha: Array, height: int, width: int) -> Array:
    top, left = (alpha.shape[0] - height) // 2, (alpha.shape[1] - width) // 2
    return alpha[top : top + height, left : left + width]


def _touches(alpha: Array) -> bool:
    strips = (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1])
    return any(bool((s > 127).any()) for s in strips)


def _pocket(alpha: Array) -> float:
    """Part of the picture that is cut, but reached only through gaps under 5 px wide."""
    clear = (alpha < 128).view(np.uint8)
    framed = cv2.copyMakeBorder(clear, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=1)
    core = cv2.erode(framed, np.ones((5, 5), np.uint8))
    cv2.floodFill(framed, None, (0, 0), 2, flags=4)
    cv2.floodFill(core, None, (3, 3), 2, flags=4)
    return float(np.count_nonzero((core == 1) & (framed == 2))) / alpha.size


def passed(alpha: Array, size: int) -> CutoutReport:
    """The report of a picture that came with transparency and was only resized."""
    coverage = float(alpha.sum(dtype=np.int64)) / 255 / size**2
    empty = float(alpha.mean()) / 255 < EMPTY
    return CutoutReport(
        "#000000", round(coverage, 4), 0.0, 0, 0, _touches(alpha), shadow=False,
        confidence=0.0 if empty else 1.0, verdict="bad" if empty else "good",
        reasons=("the picture is empty",) if empty else ("it was transparent already",),
    )  # fmt: skip


def whole(back: Backdrop, coverage: float) -> CutoutReport:
    """The report of a picture without a plain background, which is kept as it is."""
    reasons = ("no plain background was found, so the picture is kept whole",)
    return CutoutReport(
        _hex(back), round(coverage, 4), 0.0, 0, 0, touches_border=True, shadow=False,
        confidence=0.0, verdict="bad", reasons=reasons,
    )  # fmt: skip
