"""How opaque each pixel of an image with a plain background is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.cutout import background as backdrops
from app.imaging.cutout import edge_alpha, regions
from app.imaging.cutout.background import Background
from app.imaging.cutout.segmentation import Segmentation, SegmentationOptions, take_apart

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Matte:
    """Opacity within the box that holds the subject.

    Attributes:
        box: top, bottom, left and right in the whole image, px, even numbers.
        inner: (h, w, 3) uint8 BGR, the image within the box.
        scene: the same taken apart.
        softness: mean width of the edges, px.
        alpha: (h, w) uint8.
    """

    box: tuple[int, int, int, int]
    inner: Array
    scene: Segmentation
    softness: float
    alpha: Array


def matte(work: Array, back: Background, order: SegmentationOptions) -> Matte:
    """Tell subject from background in an (h, w, 3) uint8 BGR image of working size."""
    apart = backdrops.distance(work, back.color)
    top, bottom, left, right = box = regions.around(apart, back)
    inner = np.ascontiguousarray(work[top:bottom, left:right])
    apart = np.ascontiguousarray(apart[top:bottom, left:right])
    scene = take_apart(inner, apart, back, order)
    softness = edge_alpha.softness(scene.apart, scene.paper)
    alpha = edge_alpha.alpha(inner, scene.apart, scene.paper, scene.color, softness)
    return Matte(box, inner, scene, softness, alpha)
