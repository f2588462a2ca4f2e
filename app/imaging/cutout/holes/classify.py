"""Classify enclosed regions of background color as hole or subject."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.holes import context, decision_trees, features, rims, words
from app.imaging.cutout.holes.pooling import FEATURES, pool
from app.imaging.cutout.options import HoleChoice
from app.imaging.cutout.regions import Regions

Array = npt.NDArray[Any]

# Holes that models draw differ from the background by up to 1.6 levels, and by more in noise.
COLOR_TOLERANCE = 1.8  # levels by which the mean of a hole may differ from the background
_NOISE_FACTOR = 1.0  # further levels for each level of the background's noise
KEEP_THRESHOLD = 0.46  # probability of being subject from which a region is kept: see bench/holes
_OWN_WHITE = -1.5  # log-odds of being subject, if the drawing has a white of its own
_LIGHTER = 4.0  # the same, for a region that is lighter than the background
_RIMMED = 3.0  # the same, within the white rim of a sticker
MIN_SHADED = 0.3  # of a region that must be background in a shadow
VISIBLE_SHARE, OBVIOUS_SHARE = 0.0008, 0.004  # of the image: an error begins to show; is obvious
MODEL_FILE = Path(__file__).with_name("model.json")
_MIN_AREA = 6  # px: smaller regions are noise, and are cut if they match
_MAX_REGIONS = 256  # the largest; an image with more is noise, and the rest is kept
_MAX_CLASSIFIED = 24  # regions measured; smaller ones get the result of the last


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
        shadow_cut: share of the image, 0..1, that is enclosed, lies in a shadow, and was cut.
        shadow_kept: the same, but kept.
    """

    is_background: Array
    candidates: list[int]
    chance: Array
    kept: int
    cut: int
    expected_errors: float = 0.0
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
    prompt: str = "",
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
        prompt: what the image shows; "" if unknown.
    """
    evidence = words.evidence(prompt)
    judged = _judge(image, regions, background, evidence, slack=slack, shaded=shaded, unsure=unsure)
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
    visible = visibility(share)
    errors = np.where(hole, judged.chance, 1 - judged.chance) * visible
    return HoleDecisions(
        is_background,
        candidates=judged.candidates,
        chance=judged.chance,
        kept=int((counted & ~hole).sum()),
        cut=int((counted & hole).sum()),
        expected_errors=float(errors[risky].sum()),
        shadow_cut=float(share[shade & hole].sum()),
        shadow_kept=float(share[shade & ~hole].sum()),
    )


@dataclass(frozen=True)
class _Judgment:
    """What is known about each candidate without the caller's choice."""

    candidates: list[int]
    matches: Array  # bool: may have the background's color
    hole: Array  # bool
    chance: Array  # probability of being subject


def _judge(
    image: Array,
    regions: Regions,
    background: Background,
    evidence: float,
    *,
    slack: float,
    shaded: Array | None,
    unsure: Array | None,
) -> _Judgment:
    candidates = _list_candidates(regions)
    colors = _measure_colors(image, regions, candidates, background)
    matches = _may_match(regions, candidates, colors, slack)
    if unsure is not None:
        matches |= np.array([_is_shaded(regions, number, unsure) for number in candidates], bool)
    chance = np.ones(len(candidates))  # a region of another color is subject
    if matches.any():
        matching = [i for i, match in zip(candidates, matches, strict=True) if match]
        odds = _subject_log_odds(image, regions, matching, colors[matches]) + evidence
        odds += _OWN_WHITE * context.has_own_white(image, regions, background)
        odds += _LIGHTER * context.find_lighter(colors[matches])
        odds += _RIMMED * rims.find_rimmed(regions, matching, odds > 0)
        chance[matches] = 1 / (1 + np.exp(-odds))
    if shaded is not None:
        for place, number in enumerate(candidates):
            if _is_shaded(regions, number, shaded):
                chance[place] = 0.0
    return _Judgment(candidates, matches, chance < KEEP_THRESHOLD, chance)


def measure(
    image: Array, regions: Regions, background: Background, slack: float
) -> tuple[list[int], Array]:
    """Return the regions that the trees judge, and their features, as they were trained on."""
    candidates = _list_candidates(regions)
    colors = _measure_colors(image, regions, candidates, background)
    matches = _may_match(regions, candidates, colors, slack)
    chosen = [i for i, match in zip(candidates, matches, strict=True) if match]
    chosen, colors = chosen[:_MAX_CLASSIFIED], colors[matches][:_MAX_CLASSIFIED]
    if not chosen:
        return [], np.zeros((0, len(FEATURES)), np.float32)
    return chosen, _measure_features(image, regions, chosen, colors)


def _measure_features(image: Array, regions: Regions, chosen: list[int], colors: Array) -> Array:
    shapes = features.measure_regions(image, regions, chosen)
    return np.hstack([shapes, context.measure_context(image, regions, chosen, colors)])


def _measure_colors(
    image: Array, regions: Regions, numbers: list[int], background: Background
) -> Array:
    colors = [context.measure_color(image, regions, i, background) for i in numbers]
    return np.array(colors, np.float32).reshape(len(numbers), context.COLORS)


def _may_match(regions: Regions, numbers: list[int], colors: Array, slack: float) -> Array:
    """Return which regions are so close to the background's color that they may be background."""
    area = np.maximum(regions.stats[numbers, cv2.CC_STAT_AREA], 1)
    noise = colors[:, context.NAMES.index("background_noise")]
    tolerance = COLOR_TOLERANCE + _NOISE_FACTOR * noise + slack * np.minimum(1.0, 40 / area)
    return np.asarray(colors[:, context.NAMES.index("offset")] <= tolerance)


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


def _subject_log_odds(image: Array, regions: Regions, numbers: list[int], colors: Array) -> Array:
    """Return the log-odds that each region is subject.

    Boosted decision trees (Friedman, 2001) over `FEATURES` compute them; regions that belong
    together agree.
    """
    chosen, colors = numbers[:_MAX_CLASSIFIED], colors[:_MAX_CLASSIFIED]
    measured = _measure_features(image, regions, chosen, colors)
    odds = pool(decision_trees.load_trees(MODEL_FILE).log_odds(measured), measured)
    return np.concatenate([odds, np.full(len(numbers) - len(odds), odds[-1])])


def _is_shaded(regions: Regions, number: int, shaded: Array) -> bool:
    """Return whether much of a region is background in a shadow."""
    x, y, w, h, area = (int(v) for v in regions.stats[number])
    box = np.s_[y : y + h, x : x + w]
    mask = (regions.labels[box] == number).view(np.uint8)
    return cv2.countNonZero(mask & shaded[box]) >= MIN_SHADED * area
