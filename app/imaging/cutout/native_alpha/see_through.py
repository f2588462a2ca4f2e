"""Judge enclosed areas that an image model left see-through, and fill those that are subject."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.holes import HoleDecisions, classify_holes, visibility
from app.imaging.cutout.holes.classify import VISIBLE_SHARE
from app.imaging.cutout.native_alpha.cleaning import VEIL, alpha_of, lay_on
from app.imaging.cutout.options import AUTOMATIC, MAX_AREAS, CutoutOptions
from app.imaging.cutout.regions import Regions

Array = npt.NDArray[Any]

MISTAKE_ODDS = 0.02  # that a model left an area see-through that is subject, before its shape
PAINTED_ODDS = 0.5  # the same, if the model painted a light color below the area
MIN_MISTAKE = 0.25  # probability from which one is filled: a hole in the subject weighs three times
MAX_SHARE = 0.03  # of the silhouette: larger areas are not filled
MIN_ENCLOSURE = 0.9  # share of the surroundings that must be opaque
_MIN_CHANCE, _MAX_CHANCE = 0.5, 0.999  # of being subject: not measured below; capped above
_MIN_LIGHT, _MAX_SPREAD, _MIN_CONTRAST = 200.0, 12.0, 48.0  # levels, of a painted color
_PAD = 8  # px around an area that are looked at
_WHITE = Background(color=np.full(3, 255, np.float32), noise=0.0, border_share=1.0)
_SQUARE_5, _SQUARE_9 = np.ones((5, 5), np.uint8), np.ones((9, 9), np.uint8)


@dataclass(frozen=True)
class Filling:
    """A part of the image that becomes opaque.

    Attributes:
        mask: (h, w) uint8 of the whole image at working size, 255 where it is filled.
        color: (3,) float32 RGB.
    """

    mask: Array
    color: Array


@dataclass(frozen=True)
class SeeThroughAreas:
    """The enclosed see-through areas of an image.

    Attributes:
        regions: the areas, at working size.
        decisions: which of them stay see-through (`is_background`). The chances are those of
            being subject that the model left see-through by mistake.
        fillings: those that are filled.
    """

    regions: Regions
    decisions: HoleDecisions
    fillings: tuple[Filling, ...] = ()

    def fill(self, image: Array) -> Array:
        """Return (h, w, 4) uint8 RGBA, the whole image at any size, with areas filled."""
        for filling in self.fillings:
            image = fill(image, filling.mask, filling.color)
        return image


def judge_areas(pixels: Array, width: int, height: int, options: CutoutOptions) -> SeeThroughAreas:
    """Judge the enclosed see-through areas.

    Nearly all are holes that the model means, unlike enclosed white on a white background. So an
    area is only filled if it is small, if opaque subject surrounds it, and if its shape leaves
    hardly a doubt that it would be subject if it were white.

    Args:
        pixels: (h, w, 4) uint8 BGRA with cleaned alpha.
        width: of the working size, px.
        height: of the working size, px.
        options: what the caller decides.
    """
    alpha = np.asarray(cv2.resize(alpha_of(pixels), (width, height), interpolation=cv2.INTER_AREA))
    regions = label_visible(alpha)
    if len(regions.stats) == 1:
        return SeeThroughAreas(regions, _decisions(regions, [], np.zeros(0), [], options))
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
    image = lay_on(small, _WHITE.color)
    image[regions.labels > 0] = 255
    judged = classify_holes(image, regions, _WHITE, AUTOMATIC.holes, prompt=options.subject)
    below = small[..., 2::-1]
    chances, fillings = np.zeros(len(judged.candidates)), {}
    for index, region in enumerate(judged.candidates):
        wanted = options.holes.decision(index + 1)
        chance = min(float(judged.chance[index]), _MAX_CHANCE)
        if index >= MAX_AREAS or (wanted != "keep" and chance < _MIN_CHANCE):
            chances[index] = _mistake(chance, MISTAKE_ODDS)
            continue
        area = _Area.measure(region, regions, alpha, below)
        chances[index] = _mistake(chance, PAINTED_ODDS if area.is_painted else MISTAKE_ODDS)
        if wanted == "keep" or (
            wanted == "auto" and chances[index] >= MIN_MISTAKE and area.is_inside
        ):
            fillings[index] = Filling(area.zone, area.color)
    decisions = _decisions(regions, judged.candidates, chances, sorted(fillings), options)
    return SeeThroughAreas(regions, decisions, tuple(fillings.values()))


def label_visible(alpha: Array) -> Regions:
    """Label the enclosed see-through regions that are large enough to be visible.

    Smaller ones count as subject here, such as the gaps in fur, which can be hundreds.
    """
    clear = (alpha <= VEIL).view(np.uint8)
    padded = cv2.copyMakeBorder(clear, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(padded, None, (0, 0), 2, flags=4)
    filled = padded[1:-1, 1:-1]
    outside, enclosed = (filled == 2).view(np.uint8), (filled == 1).view(np.uint8)
    labels, stats = np.zeros(alpha.shape, np.int32), np.zeros((1, 5), np.int32)
    if cv2.countNonZero(enclosed):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
        is_visible = stats[:, cv2.CC_STAT_AREA] > VISIBLE_SHARE * max(alpha.shape) ** 2
        is_visible[0] = True
        numbers = np.where(is_visible, np.cumsum(is_visible) - 1, 0).astype(np.int32)
        labels, stats = numbers[labels], stats[is_visible]
    return Regions(outside, (1 - outside) & (labels == 0).view(np.uint8), labels, stats)


def fill(image: Array, mask: Array, color: Array) -> Array:
    """Lay part of an image on a color.

    Args:
        image: (h, w, 4) uint8 RGBA, straight alpha.
        mask: (h', w') uint8 of any size, the opacity of the color.
        color: RGB, (3,) or (h, w, 3).
    """
    size = (image.shape[1], image.shape[0])
    interpolation = cv2.INTER_AREA if size[0] < mask.shape[1] else cv2.INTER_LINEAR
    mask = np.asarray(cv2.resize(mask, size, interpolation=interpolation))
    places = np.nonzero(mask)
    part = image[places].astype(np.float32)
    below = (color[places] if color.ndim == 3 else color).astype(np.float32)
    alpha = part[:, 3:] / 255
    added = (1 - alpha) * (mask[places].astype(np.float32) / 255)[:, None]
    total = alpha + added
    mixed = (part[:, :3] * alpha + below * added) / np.maximum(total, np.float32(1 / 255))
    out = image.copy()
    out[places] = np.clip(np.hstack([mixed, total * 255]) + np.float32(0.5), 0, 255)
    return out


@dataclass(frozen=True)
class _Area:
    """An enclosed see-through area, and what is around and below it."""

    zone: Array  # (h, w) uint8, 255 in the area and along its edge
    is_inside: bool  # small, and surrounded by opaque subject
    is_painted: bool  # light color below it that is not that of its surroundings
    color: Array  # (3,) float32 RGB that fills it

    @classmethod
    def measure(cls, region: int, regions: Regions, alpha: Array, below: Array) -> "_Area":
        x, y, w, h, size = (int(value) for value in regions.stats[region])
        box = np.s_[max(y - _PAD, 0) : y + h + _PAD, max(x - _PAD, 0) : x + w + _PAD]
        mask = (regions.labels[box] == region).view(np.uint8)
        edge = cv2.dilate(mask, _SQUARE_5) & (1 - regions.outside[box])
        ring = (cv2.dilate(edge, _SQUARE_9) > edge) & (regions.labels[box] == 0)
        solid = ring & (alpha[box] == 255)
        silhouette = regions.outside.size - cv2.countNonZero(regions.outside)
        found = below[box][mask > 0].astype(np.float32)
        around = below[box][solid].astype(np.float32) if solid.any() else np.zeros((1, 3))
        mean = found.mean(axis=0)
        is_painted = bool(
            mean.min() >= _MIN_LIGHT
            and found.std(axis=0).max() <= _MAX_SPREAD
            and np.abs(mean - around.mean(axis=0)).max() >= _MIN_CONTRAST
        )
        enclosure = int(np.count_nonzero(solid)) / max(int(np.count_nonzero(ring)), 1)
        zone = np.zeros_like(alpha)
        zone[box] = edge * np.uint8(255)
        return cls(
            zone,
            is_inside=size <= MAX_SHARE * silhouette and enclosure >= MIN_ENCLOSURE,
            is_painted=is_painted,
            color=mean if is_painted else np.full(3, 255, np.float32),
        )


def _mistake(chance: float, odds: float) -> float:
    """Return the probability that the model made a mistake (Bayes' rule).

    Args:
        chance: that the area's shape is that of subject, if holes and subject are as likely.
        odds: that the model makes the mistake.
    """
    weight = odds * chance
    return weight / (weight + 1 - chance) if chance < 1 else 1.0


def _decisions(
    regions: Regions,
    candidates: list[int],
    chances: Array,
    filled: list[int],
    options: CutoutOptions,
) -> HoleDecisions:
    is_background = np.zeros(len(regions.stats), bool)
    is_background[candidates] = True
    is_background[[candidates[index] for index in filled]] = False
    chosen = [options.holes.decision(number + 1) != "auto" for number in range(len(candidates))]
    share = regions.stats[candidates, cv2.CC_STAT_AREA] / regions.labels.size
    errors = np.minimum(chances, 1 - chances) * visibility(share)
    return HoleDecisions(
        is_background,
        candidates=candidates,
        chance=chances,
        kept=len(filled),
        cut=len(candidates) - len(filled),
        expected_errors=float(errors[~np.array(chosen, bool)].sum()),
    )
