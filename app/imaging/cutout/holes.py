"""Enclosed areas of background color: holes to cut out, or paint to keep?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout import decision_trees, hole_features
from app.imaging.cutout.background import Background
from app.imaging.cutout.regions import Regions
from app.imaging.cutout.report import Holes

Array = npt.NDArray[Any]

SAME = 0.6  # levels by which the mean of a hole may differ from the background
PURE = 0.7  # levels from pure white within which white paint can't be told by its color
KEEP = 0.6  # chance of being paint from which an area is kept
DARKER = 4.0  # levels by which a hole in the shade is darker than the background at least
SHADE = 25.0  # levels by which a hole's shade may differ from what its surroundings promise
SEEN, GLARING = 0.0008, 0.004  # parts of the image: a mistake begins to show, and can't be missed
MODEL = Path(__file__).with_name("holes.json")
_LEAST = 6  # px: smaller areas are noise, and are cut when they match
_LOOKED = 256  # the largest areas; an image with more is noise, and the rest stays
_MOST = 24  # areas measured; the many small ones after them follow the last
_CORE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class HoleDecisions:
    """What became of the enclosed areas.

    Attributes:
        paper: (n,) bool per enclosed area: True is background.
        kept: areas that match the background's color and were kept.
        cut: areas that were cut.
        misjudged: how many of the areas are expected to be judged wrongly, each weighed by how
            visible that would be.
        same_color: how visible the largest area is that was cut for its color alone, 0..1.
        shade_cut: part of the image, 0..1, that is enclosed, lies in a shadow, and was cut.
        shade_kept: the same, but kept.
    """

    paper: Array
    kept: int
    cut: int
    misjudged: float = 0.0
    same_color: float = 0.0
    shade_cut: float = 0.0
    shade_kept: float = 0.0


def decide(
    work: Array,
    parts: Regions,
    backdrop: Background,
    mode: Holes,
    *,
    slack: float = 0.0,
    shaded: Array | None = None,
) -> HoleDecisions:
    """Sort the enclosed areas into paint and hole.

    Args:
        work: (h, w, 3) uint8 BGR.
        parts: connected areas of background-like pixels.
        backdrop: the background.
        mode: `keep` or `cut` settle it for all; `auto` judges each.
        slack: levels that compression may shift the mean of a small area.
        shaded: (h / 4, w / 4, 3) float32 color of the background where a shadow lies on it.
    """
    paper = np.zeros(len(parts.stats), bool)
    looked = parts.enclosed[:_LOOKED]
    inside = [i for i in looked if parts.stats[i, cv2.CC_STAT_AREA] >= _LEAST]
    if mode == "keep" or not inside:
        return HoleDecisions(paper, len(inside), 0)
    alike = inside
    if mode == "auto":
        alike = [i for i in inside if _same(work, parts, i, backdrop, slack)]
    if not alike and shaded is None:
        return HoleDecisions(paper, 0, 0)
    chance = np.zeros(len(alike))
    by_form = mode == "auto" and float(np.abs(backdrop.color - 255).max()) <= PURE
    if alike and by_form:
        chance = _paint(work, parts, alike)
    hole = chance < KEEP
    rest = sorted(set(inside) - set(alike))
    more: list[int] = []
    if shaded is not None and mode == "auto" and rest:
        whole = (work.shape[1], work.shape[0])
        under = cv2.resize(shaded, whole, interpolation=cv2.INTER_LINEAR)
        more = [i for i in rest if _in_shade(work, parts, i, backdrop, under)]
        paper[np.array(more, int)] = True
    paper[np.array(alike, int)[hole]] = True
    size = parts.stats[alike, cv2.CC_STAT_AREA] / hole_features.IMAGE
    wrong = np.minimum(chance, 1 - chance)
    color_alone = mode == "auto" and not by_form and shaded is None
    in_shade = [] if shaded is None else rest
    shade = parts.stats[in_shade, cv2.CC_STAT_AREA].sum() / hole_features.IMAGE
    shade_cut = parts.stats[more, cv2.CC_STAT_AREA].sum() / hole_features.IMAGE
    return HoleDecisions(
        paper,
        int((~hole).sum()),
        int(hole.sum()),
        misjudged=float((wrong * visible(size)).sum()),
        same_color=float(visible(size).max(initial=0.0)) if color_alone else 0.0,
        shade_cut=float(shade_cut),
        shade_kept=float(shade - shade_cut),
    )


def visible(share: Array) -> Array:
    """How much an area judged wrongly would show, 0..1, from its (n,) share of the image.

    White against magenta, one area of 0.0008 of the image costs so much that the PSNR ends at
    36 dB, one of 0.004 at 29 dB; in between it grows as the decibels do.
    """
    steps = np.log(np.maximum(share, SEEN) / SEEN) / np.log(GLARING / SEEN)
    return np.asarray(np.minimum(steps, 1.0))


def _paint(work: Array, parts: Regions, alike: list[int]) -> Array:
    """Chance of each area to be paint, by boosted trees (Friedman, 2001) over `traits.NAMES`."""
    judged = decision_trees.load(MODEL).probability(
        hole_features.measure(work, parts, alike[:_MOST])
    )
    rest = np.full(len(alike) - len(judged), judged[-1])
    return np.concatenate([judged, rest])


def _same(work: Array, parts: Regions, number: int, backdrop: Background, slack: float) -> bool:
    """Whether the inner pixels of an area have the very color of the background."""
    x, y, w, h, pixels = (int(v) for v in parts.stats[number])
    mask = (parts.labels[y : y + h, x : x + w] == number).view(np.uint8)
    for _ in range(2):
        core = cv2.erode(mask, _CORE, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        if cv2.countNonZero(core) < 12:
            break
        mask, pixels = core, cv2.countNonZero(core)
    mean = np.array(cv2.mean(work[y : y + h, x : x + w], mask)[:3])
    reach = SAME + slack * min(1.0, 40 / pixels)
    return bool(np.abs(mean - backdrop.color).max() <= reach)


def _in_shade(
    work: Array, parts: Regions, number: int, backdrop: Background, shaded: Array
) -> bool:
    """Whether an area looks like the shaded background that surrounds the subject there."""
    x, y, w, h, _ = (int(v) for v in parts.stats[number])
    box = np.s_[y : y + h, x : x + w]
    mask = (parts.labels[box] == number).view(np.uint8)
    seen, expected = np.array(cv2.mean(work[box], mask)), np.array(cv2.mean(shaded[box], mask))
    darker = float((backdrop.color - seen[:3]).max())
    return darker >= DARKER and bool(np.abs(seen - expected).max() <= SHADE)
