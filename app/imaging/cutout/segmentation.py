"""An image taken apart into paper and subject."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout import holes as judging
from app.imaging.cutout import regions
from app.imaging.cutout import shadows as shadow
from app.imaging.cutout.background import Background
from app.imaging.cutout.report import Holes
from app.imaging.formats.header import ImageInfo

Array = npt.NDArray[Any]

SHIFT = 3.0  # levels by which lossy compression may shift the mean of a small area
_CALM = 14.0  # quantizer step up to which a JPEG's ringing stays inside the usual tolerance
_RISE, _MOST = 0.25, 6.0  # levels of ringing for each step beyond, and at most


@dataclass(frozen=True)
class SegmentationOptions:
    """How to take an image apart.

    Attributes:
        holes: what becomes of enclosed areas.
        lossy: whether compression has left noise around the edges.
        ringing: levels of that noise beyond the usual.
    """

    holes: Holes
    lossy: bool
    ringing: float

    @classmethod
    def of(cls, header: ImageInfo, holes: Holes) -> "SegmentationOptions":
        """The order for an image with this header."""
        ringing = min(max(header.step - _CALM, 0.0) * _RISE, _MOST)
        return cls(holes, header.lossy, ringing)


@dataclass(frozen=True)
class Segmentation:
    """An image taken apart.

    Attributes:
        paper: (h, w) uint8, 1 where the image is background.
        apart: (h, w) uint8 distance from the background, shade included.
        color: of the background: (3,), or under a shadow (h / 4, w / 4, 3); float32 BGR.
        verdicts: what became of enclosed areas.
        shadow: whether a shadow was found.
    """

    paper: Array
    apart: Array
    color: Array
    verdicts: judging.HoleDecisions
    shadow: bool


def take_apart(
    work: Array, apart: Array, back: Background, order: SegmentationOptions
) -> Segmentation:
    """Tell the background from the subject.

    Args:
        work: (h, w, 3) uint8 BGR.
        apart: (h, w) uint8 distance from the background's color.
        back: the background.
        order: how to do it.
    """
    near = regions.alike(apart, back, order.ringing)
    smooth = shadow.smooth(work, apart, back)
    if smooth is not None:
        parts = regions.connect(near | smooth)
        if shadow.real(apart, parts.outside, back):
            return _shaded(work, back, parts, order)
    parts = regions.connect(near)
    if order.lossy:
        parts = regions.connect(near | regions.specks(apart, parts))
    slack = SHIFT if order.lossy else 0.0
    judged = judging.decide(work, parts, back, order.holes, slack=slack)
    return Segmentation(parts.mask(judged.paper), apart, back.color, judged, shadow=False)


def _shaded(
    work: Array, back: Background, parts: regions.Regions, order: SegmentationOptions
) -> Segmentation:
    """The same where a shadow lies on the paper, whose color then changes from place to place."""
    coarse = shadow.paper_under(work, parts.outside, back)
    judged = judging.decide(work, parts, back, order.holes, shaded=coarse)
    paper = parts.mask(judged.paper)
    if judged.paper.any():
        coarse = shadow.paper_under(work, paper, back)
    size = (work.shape[1], work.shape[0])
    rounded = np.clip(coarse + np.float32(0.5), 0, 255).astype(np.uint8)
    nearest = cv2.resize(rounded, size, interpolation=cv2.INTER_LINEAR)
    blue, green, red = cv2.split(cv2.absdiff(work, nearest))
    apart = cv2.max(cv2.max(blue, green), red)
    return Segmentation(paper, apart, coarse, judged, shadow=True)
