"""Classify enclosed regions of background color as hole or subject."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.holes import decision_trees, features
from app.imaging.cutout.options import HoleChoice
from app.imaging.cutout.regions import Regions

Array = npt.NDArray[Any]

COLOR_TOLERANCE = 0.6  # levels by which the mean of a hole may differ from the background
WHITE_TOLERANCE = 0.7  # levels from pure white within which color can't identify a hole
KEEP_THRESHOLD = 0.6  # probability of being subject from which a region is kept
MIN_SHADED = 0.3  # of a region that must be background in a shadow
VISIBLE_SHARE, OBVIOUS_SHARE = 0.0008, 0.004  # of the image: an error begins to show; is obvious
MODEL_FILE = Path(__file__).with_name("model.json")
_MIN_AREA = 6  # px: smaller regions are noise, and are cut if they match
_MAX_REGIONS = 256  # the largest; an image with more is noise, and the rest is kept
_MAX_CLASSIFIED = 24  # regions measured; smaller ones get the result of the last
_SQUARE_3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class HoleDecisions:
    """How the enclosed regions were classified.

    Attributes:
        is_background: (n,) bool, for each enclosed region.
        candidates: regions that a caller may choose to keep or cut. An area's number is its place
            in this list, starting at 1; it doesn't depend on any decision.
        chance: probability that each candidate is subject, whatever was chosen for it.
        kept: regions that match the background's color and were kept.
        cut: regions that were cut.
        expected_errors: number of regions that are expected to be misclassified, each weighted by
            its visibility.
        color_only: visibility, 0..1, of the largest region that was cut because of its color
            alone.
        shadow_cut: share of the image, 0..1, that is enclosed, lies in a shadow, and was cut.
        shadow_kept: the same, but kept.
    """

    is_background: Array
    candidates: list[int]
    chance: Array
    kept: int
    cut: int
    expected_errors: float = 0.0
    color_only: float = 0.0
    shadow_cut: float = 0.0
    shadow_kept: float = 0.0


def classify_holes(
    image: Array,
    regions: Regions,
    background: Background,
    choice: HoleChoice,
    *,
    slack: float = 0.0,
    shaded: Array | None = None,
    unsure: Array | None = None,
) -> HoleDecisions:
    """Classify the enclosed regions as background or subject.

    Args:
        image: (h, w, 3) uint8 BGR.
        regions: connected regions of background-like pixels.
        background: the background.
        choice: the areas that the caller keeps or cuts; the others are classified.
        slack: levels by which compression may shift the mean of a small region.
        shaded: (h, w) uint8, 1 where background in a shadow shows through the subject; None
            without a shadow.
        unsure: (h, w) uint8, 1 where it may do so: the shape decides.
    """
    judged = _judge(image, regions, background, slack=slack, shaded=shaded, unsure=unsure)
    chosen = [choice.decision(number) for number in range(1, len(judged.candidates) + 1)]
    free = np.array([decision == "auto" for decision in chosen], bool)
    cut = np.array([decision == "cut" for decision in chosen], bool)
    hole = np.where(free, judged.hole, cut)
    is_background = np.zeros(len(regions.stats), bool)
    is_background[np.array(judged.candidates, int)[hole]] = True
    counted = judged.matches | ~free
    # What the caller chose can't be wrong.
    risky, shade = judged.matches & free, ~judged.matches & free & (shaded is not None)
    share = _share(regions, judged.candidates)
    visible, by_color = visibility(share), shaded is None and not judged.by_shape
    errors = np.minimum(judged.chance, 1 - judged.chance) * visible
    return HoleDecisions(
        is_background,
        candidates=judged.candidates,
        chance=judged.chance,
        kept=int((counted & ~hole).sum()),
        cut=int((counted & hole).sum()),
        expected_errors=float(errors[risky].sum()),
        color_only=float(visible[risky].max(initial=0.0)) if by_color else 0.0,
        shadow_cut=float(share[shade & hole].sum()),
        shadow_kept=float(share[shade & ~hole].sum()),
    )


@dataclass(frozen=True)
class _Judgment:
    """What is known about each candidate without the caller's choice."""

    candidates: list[int]
    matches: Array  # bool: has the background's color
    hole: Array  # bool
    chance: Array  # probability of being subject
    by_shape: bool  # whether that is based on shape, not on color alone


def _judge(
    image: Array,
    regions: Regions,
    background: Background,
    *,
    slack: float,
    shaded: Array | None,
    unsure: Array | None,
) -> _Judgment:
    candidates = _list_candidates(regions)
    matches = np.array([_has_color(image, regions, i, background, slack) for i in candidates], bool)
    by_shape = float(np.abs(background.color - 255).max()) <= WHITE_TOLERANCE
    shaped = matches & by_shape
    if unsure is not None:
        shaped |= np.array([_is_shaded(regions, number, unsure) for number in candidates], bool)
    chance = np.where(matches, 0.0, 1.0)  # a region of another color is subject
    if shaped.any():
        chosen = [number for number, by in zip(candidates, shaped, strict=True) if by]
        chance[shaped] = _subject_probability(image, regions, chosen)
    if shaded is not None:
        for place, number in enumerate(candidates):
            if _is_shaded(regions, number, shaded):
                chance[place] = 0.0
    return _Judgment(candidates, matches, chance < KEEP_THRESHOLD, chance, by_shape)


def _list_candidates(regions: Regions) -> list[int]:
    """Return the regions that may be holes, in the order of their numbers: largest first."""
    largest = regions.enclosed[:_MAX_REGIONS]
    return [i for i in largest if regions.stats[i, cv2.CC_STAT_AREA] >= _MIN_AREA]


def visibility(share: Array) -> Array:
    """Return how visible misclassified regions are, 0..1.

    White against magenta, one region of 0.0008 of the image lowers the PSNR to 36 dB, and one of
    0.004 to 29 dB; between the two, visibility is linear in decibels.

    Args:
        share: (n,) areas, relative to the image's.
    """
    steps = np.log(np.maximum(share, VISIBLE_SHARE) / VISIBLE_SHARE)
    return np.asarray(np.minimum(steps / np.log(OBVIOUS_SHARE / VISIBLE_SHARE), 1.0))


def _share(regions: Regions, numbers: list[int]) -> Array:
    return np.asarray(regions.stats[numbers, cv2.CC_STAT_AREA] / features.IMAGE_AREA)


def _subject_probability(image: Array, regions: Regions, numbers: list[int]) -> Array:
    """Return each region's probability of being subject.

    Boosted decision trees (Friedman, 2001) over `features.NAMES` compute it.
    """
    measured = features.measure_regions(image, regions, numbers[:_MAX_CLASSIFIED])
    chance = decision_trees.load_trees(MODEL_FILE).predict(measured)
    rest = np.full(len(numbers) - len(chance), chance[-1])
    return np.concatenate([chance, rest])


def _has_color(
    image: Array, regions: Regions, number: int, background: Background, slack: float
) -> bool:
    """Return whether a region's inner pixels have the background's color."""
    x, y, w, h, area = (int(v) for v in regions.stats[number])
    mask = (regions.labels[y : y + h, x : x + w] == number).view(np.uint8)
    for _ in range(2):
        core = cv2.erode(mask, _SQUARE_3, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        if cv2.countNonZero(core) < 12:
            break
        mask, area = core, cv2.countNonZero(core)
    mean = np.array(cv2.mean(image[y : y + h, x : x + w], mask)[:3])
    tolerance = COLOR_TOLERANCE + slack * min(1.0, 40 / area)
    return bool(np.abs(mean - background.color).max() <= tolerance)


def _is_shaded(regions: Regions, number: int, shaded: Array) -> bool:
    """Return whether much of a region is background in a shadow."""
    x, y, w, h, area = (int(v) for v in regions.stats[number])
    box = np.s_[y : y + h, x : x + w]
    mask = (regions.labels[box] == number).view(np.uint8)
    return cv2.countNonZero(mask & shaded[box]) >= MIN_SHADED * area
