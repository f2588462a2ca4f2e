"""Classify enclosed regions of background color as hole or subject."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.holes import decision_trees, features
from app.imaging.cutout.regions import Regions
from app.imaging.cutout.report import Holes

Array = npt.NDArray[Any]

COLOR_TOLERANCE = 0.6  # levels by which the mean of a hole may differ from the background
WHITE_TOLERANCE = 0.7  # levels from pure white within which color can't identify a hole
KEEP_THRESHOLD = 0.6  # probability of being subject from which a region is kept
MIN_SHADE = 4.0  # levels by which a hole in a shadow must be darker than the background
SHADE_TOLERANCE = 25.0  # levels by which a hole's shade may differ from the estimated shadow
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
    mode: Holes,
    *,
    slack: float = 0.0,
    shaded: Array | None = None,
) -> HoleDecisions:
    """Classify the enclosed regions as background or subject.

    Args:
        image: (h, w, 3) uint8 BGR.
        regions: connected regions of background-like pixels.
        background: the background.
        mode: `keep` or `cut` treats all alike; `auto` classifies each.
        slack: levels by which compression may shift the mean of a small region.
        shaded: (h / 4, w / 4, 3) float32 color of the background where a shadow lies on it.
    """
    is_background = np.zeros(len(regions.stats), bool)
    largest = regions.enclosed[:_MAX_REGIONS]
    candidates = [i for i in largest if regions.stats[i, cv2.CC_STAT_AREA] >= _MIN_AREA]
    if mode == "keep" or not candidates:
        return HoleDecisions(is_background, len(candidates), 0)
    if mode == "cut":
        is_background[candidates] = True
        return HoleDecisions(is_background, 0, len(candidates))
    matching = [i for i in candidates if _has_color(image, regions, i, background, slack)]
    by_shape = float(np.abs(background.color - 255).max()) <= WHITE_TOLERANCE
    chance = np.zeros(len(matching))
    if matching and by_shape:
        chance = _subject_probability(image, regions, matching)
    hole = chance < KEEP_THRESHOLD
    is_background[np.array(matching, int)[hole]] = True
    visible = visibility(_share(regions, matching))
    decisions = HoleDecisions(
        is_background,
        kept=int((~hole).sum()),
        cut=int(hole.sum()),
        expected_errors=float((np.minimum(chance, 1 - chance) * visible).sum()),
    )
    if shaded is not None:
        others = sorted(set(candidates) - set(matching))
        return _with_shaded_holes(
            decisions, image, regions, others, background=background, shaded=shaded
        )
    if by_shape:
        return decisions
    return replace(decisions, color_only=float(visible.max(initial=0.0)))


def _with_shaded_holes(
    decisions: HoleDecisions,
    image: Array,
    regions: Regions,
    numbers: list[int],
    *,
    background: Background,
    shaded: Array,
) -> HoleDecisions:
    """Also cut the regions that look like background in a shadow."""
    size = (image.shape[1], image.shape[0])
    expected = cv2.resize(shaded, size, interpolation=cv2.INTER_LINEAR)
    holes = [i for i in numbers if _has_shade(image, regions, i, background, expected)]
    is_background = decisions.is_background.copy()
    is_background[holes] = True
    cut = float(_share(regions, holes).sum())
    kept = float(_share(regions, numbers).sum()) - cut
    return replace(decisions, is_background=is_background, shadow_cut=cut, shadow_kept=kept)


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


def _has_shade(
    image: Array, regions: Regions, number: int, background: Background, expected: Array
) -> bool:
    x, y, w, h, _ = (int(v) for v in regions.stats[number])
    box = np.s_[y : y + h, x : x + w]
    mask = (regions.labels[box] == number).view(np.uint8)
    found, shade = np.array(cv2.mean(image[box], mask)), np.array(cv2.mean(expected[box], mask))
    darker = float((background.color - found[:3]).max())
    return darker >= MIN_SHADE and bool(np.abs(found - shade).max() <= SHADE_TOLERANCE)
