"""What a cutout says about itself."""

from dataclasses import dataclass
from typing import Literal

Holes = Literal["auto", "keep", "cut"]
"""What becomes of enclosed areas of the background's color: judged, kept as paint, or cut."""


@dataclass(frozen=True, slots=True)
class CutoutReport:
    """How a cutout went.

    Attributes:
        background: color found, as `#rrggbb`.
        coverage: mean opacity over the square, 0..1.
        softness: mean width of the edges, in pixels of the result.
        holes_kept: enclosed areas of background color that were kept as paint.
        holes_cut: enclosed areas that were cut out.
        touches_border: whether the subject runs off the image.
        shadow: whether a soft shadow was found, and taken for background.
        confidence: 0..1, the chance that the result's PSNR against the true cutout, both over
            magenta, is 30 dB or more, as it was on the images of bench/verdict; below that
            anyone sees what is wrong. 0 where nothing was cut out of anything.
        verdict: `good` from a confidence of 0.9, `check` (look at it) below, `bad` (don't use
            it) where nothing was left, or there is no plain background.
        reasons: what lowers the confidence by 5 % or more, or what was done instead, in words.
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
    """A finished cutout: `png` is a square RGBA PNG of `size` pixels, `report` how it went."""

    png: bytes
    size: int
    report: CutoutReport
