"""The result of a cutout and the report on it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class EnclosedArea:
    """An enclosed area of the background's color, large enough to be visible.

    Lengths are fractions, 0..1, of the side of the square image, from its top left corner.

    Attributes:
        number: 1 for the largest. For one original, an area has the same number at every size
            and whichever areas are kept or cut.
        box: left, top, width and height.
        center: x and y of a point inside the area, as far from its outline as possible.
        share: its size relative to the subject's silhouette, 0..1.
        decision: whether it was kept as part of the subject, or cut out.
        chance: the estimated probability, 0..1, that it is part of the subject.
    """

    number: int
    box: tuple[float, float, float, float]
    center: tuple[float, float]
    share: float
    decision: Literal["keep", "cut"]
    chance: float


@dataclass(frozen=True, slots=True)
class CutoutReport:
    """How well a cutout went.

    Attributes:
        background: color found, as `#rrggbb`.
        coverage: mean opacity over the square, 0..1.
        softness: usual width of the edges, in pixels of the result.
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
        areas: the enclosed areas that are large enough to be visible, at most 24, largest first.
        source: `cutout` if the background was removed here, `model` if the image came with a
            transparent background.
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
    areas: tuple[EnclosedArea, ...] = ()
    source: Literal["model", "cutout"] = "cutout"

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        areas = [
            asdict(area) | {"box": list(area.box), "center": list(area.center)}
            for area in self.areas
        ]
        return asdict(self) | {"reasons": list(self.reasons), "areas": areas}


@dataclass(frozen=True, slots=True)
class Cutout:
    """A cutout: `png` is a square RGBA PNG of `size` pixels, with its report."""

    png: bytes
    size: int
    report: CutoutReport
