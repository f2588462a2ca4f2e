"""Compute the alpha matte of an image that has a plain background."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background, color_distance
from app.imaging.cutout.edges import edge_alpha
from app.imaging.cutout.edges.edge_width import edge_width
from app.imaging.cutout.mask import Mask
from app.imaging.cutout.regions import MARGIN, subject_box
from app.imaging.cutout.segmentation import Segmentation, SegmentationOptions, segment
from app.imaging.cutout.soft_parts import resolve_strands, soften

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Matte:
    """The alpha matte within the box that contains the subject.

    Attributes:
        box: top, bottom, left and right in the whole image, px, even numbers.
        image: (h, w, 3) uint8 BGR, the image within the box; what a mask erases has the
            background's color.
        segmentation: of that image.
        edge_width: usual width of the edges, px.
        alpha: (h, w) uint8, without what a mask restores.
    """

    box: tuple[int, int, int, int]
    image: Array
    segmentation: Segmentation
    edge_width: float
    alpha: Array


def compute_matte(image: Array, background: Background, options: SegmentationOptions) -> Matte:
    """Compute the matte of an (h, w, 3) uint8 BGR image of working size."""
    distance = color_distance(image, background.color)
    mask = Mask.load(options.chosen.mask, image)
    box = subject_box(distance, background)
    if mask is not None:
        box = mask.extend(box, MARGIN)
    top, bottom, left, right = box
    inner = np.ascontiguousarray(image[top:bottom, left:right])
    distance = np.ascontiguousarray(distance[top:bottom, left:right])
    found = segment(inner, distance, background, options)
    if mask is not None:
        inner, found = _erase(mask.crop(box), inner, found)
    width = edge_width(found.distance, found.background)
    alpha = edge_alpha.estimate_alpha(inner, found.distance, found.background, found.color, width)
    alpha = soften(inner, found, background, alpha)
    alpha = resolve_strands(inner, found, background, alpha)
    return Matte(box, inner, found, width, alpha)


def _erase(mask: Mask, image: Array, found: Segmentation) -> tuple[Array, Segmentation]:
    """Turn what the mask erases into background, after areas were found and numbered."""
    erased = replace(
        found,
        background=mask.extend_background(found.background),
        distance=mask.fade_distance(found.distance),
    )
    return mask.paint_background(image, found.color), erased
