"""The result of a cutout and the report on it."""

from dataclasses import dataclass
from typing import Literal

Holes = Literal["auto", "keep", "cut"]
"""Enclosed areas of the background's color: classified one by one, all kept, or all cut."""


@dataclass(frozen=True, slots=True)
class CutoutReport:
    """How well a cutout went.

    Attributes:
        background: color found, as `#rrggbb`.
        coverage: mean opacity over the square, 0..1.
        softness: mean width of the edges, in pixels of the result.
        holes_kept: enclosed areas of background color that were kept as part of the subject.
        holes_cut: enclosed areas that were cut out.
        touches_border: whether the subject reaches the border of the image.
        shadow: whether a soft shadow was found and removed with the background.
        confidence: 0..1, the probability that the result's PSNR against the true cutout, both over
            magenta, is 30 dB or more, calibrated on the images of bench/confidence; below that a
            flaw is easily visible. 0 if nothing was cut out.
        verdict: `good` from a confidence of 0.9, `check` (inspect it) below, `bad` (don't use
            it) if nothing was left or there is no plain background.
        reasons: the risks that lower the confidence by 5 % or more, or why nothing was cut out.
    """

    background: str
    coverage: float
    softness: float
    holes_kept: int
    holes_cut: int
    touches_border: bool
    shadow: bool
    confidence: float
    verdict: Literal["good", "check", "bad"]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cutout:
    """A cutout: `png` is a square RGBA PNG of `size` pixels, with its report."""

    png: bytes
    size: int
    report: CutoutReport
