"""Segment an image into background and subject."""

from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt

from app.imaging.cutout.background import Background, image_distance
from app.imaging.cutout.holes import HoleDecisions, classify_holes
from app.imaging.cutout.options import CutoutOptions
from app.imaging.cutout.regions import Regions, background_like, label_regions, ringing_specks
from app.imaging.cutout.shadows import Shade, find_dark_shadow, find_shade, may_have_shadow
from app.imaging.formats.header import ImageInfo

Array = npt.NDArray[Any]

LOSSY_COLOR_SHIFT = 3.0  # levels by which lossy compression may shift a small region's mean
_USUAL_STEP = 14.0  # quantizer step up to which a JPEG's ringing stays within the tolerance
_RINGING_PER_STEP, _MAX_RINGING = 0.25, 6.0  # levels, for each step beyond


@dataclass(frozen=True)
class SegmentationOptions:
    """How to segment an image.

    Attributes:
        chosen: what the caller decides.
        lossy: whether compression has left noise around the edges.
        ringing: levels of that noise beyond the usual.
    """

    chosen: CutoutOptions
    lossy: bool
    ringing: float

    @classmethod
    def for_header(cls, header: ImageInfo, chosen: CutoutOptions) -> "SegmentationOptions":
        """Return the options for an image with this header."""
        ringing = max(header.step - _USUAL_STEP, 0.0) * _RINGING_PER_STEP
        return cls(chosen, header.lossy, min(ringing, _MAX_RINGING))


@dataclass(frozen=True)
class Segmentation:
    """A segmented image.

    Attributes:
        background: (h, w) uint8 mask, 1 where the image is background.
        distance: (h, w) uint8 color distance from the background, shadow included.
        regions: the connected regions of background-like pixels.
        color: of the background: (3,), or with a shadow (h / 4, w / 4, 3); float32 BGR.
        holes: how enclosed regions were classified.
        shadow: whether a shadow was found.
    """

    background: Array
    distance: Array
    regions: Regions
    color: Array
    holes: HoleDecisions
    shadow: bool


def segment(
    image: Array, distance: Array, background: Background, options: SegmentationOptions
) -> Segmentation:
    """Separate the background from the subject.

    Args:
        image: (h, w, 3) uint8 BGR.
        distance: (h, w) uint8 distance from the background's color.
        background: the background.
        options: the options of the segmentation.
    """
    similar = background_like(distance, background, options.ringing)
    dark = find_dark_shadow(image, distance, background)
    if dark is not None or may_have_shadow(distance, background):
        shade = find_shade(image, distance, background, dark)
        if shade is not None:
            return _segment_with_shadow(image, background, similar, shade, options)
    regions = label_regions(similar)
    if options.lossy:
        regions = label_regions(similar | ringing_specks(distance, regions))
    slack = LOSSY_COLOR_SHIFT if options.lossy else 0.0
    chosen = options.chosen
    holes = classify_holes(
        image, regions, background, chosen.holes, slack=slack, prompt=chosen.subject
    )
    mask = regions.background_mask(holes.is_background)
    return Segmentation(mask, distance, regions, background.color, holes, shadow=False)


def _segment_with_shadow(
    image: Array,
    background: Background,
    similar: Array,
    shade: Shade,
    options: SegmentationOptions,
) -> Segmentation:
    """Segment an image whose background varies in color because of a shadow."""
    distance = image_distance(image, shade.color)
    mask = shade.background_like(similar, distance, background)
    regions = label_regions(mask)
    regions = label_regions(mask | ringing_specks(distance, regions))
    slack = LOSSY_COLOR_SHIFT if options.lossy else 0.0
    holes = classify_holes(
        image,
        regions,
        background,
        options.chosen.holes,
        slack=slack,
        shaded=shade.holes,
        unsure=shade.unsure,
        prompt=options.chosen.subject,
    )
    holes = replace(holes, shadow_kept=max(holes.shadow_kept, shade.kept))
    mask = regions.background_mask(holes.is_background)
    return Segmentation(mask, distance, regions, shade.color, holes, shadow=shade.shadow)
