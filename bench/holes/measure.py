"""Measure enclosed regions of artwork on backgrounds, as the cutout does."""

from dataclasses import dataclass

import cv2
import numpy as np

from app.imaging.cutout import compositing
from app.imaging.cutout.background import color_distance, estimate_background
from app.imaging.cutout.holes import classify
from app.imaging.cutout.regions import (
    background_like,
    label_regions,
    ringing_specks,
    subject_box,
)
from app.imaging.cutout.segmentation import LOSSY_COLOR_SHIFT
from bench.holes.backgrounds import Laid
from bench.holes.table import Array

WORKING_SIDE = 512  # px: the size at which the cutout classifies regions


@dataclass(frozen=True, slots=True)
class Measured:
    """The enclosed regions of an image that the classifier judges.

    Attributes:
        features: (n, k) float32.
        subject: (n,) bool, whether more than half of a region is opaque.
        area: (n,) px.
    """

    features: Array
    subject: Array
    area: Array


def measure(laid: Laid) -> Measured | None:
    """Return the regions of an image; None without any."""
    image = compositing.resize(laid.image, WORKING_SIDE, WORKING_SIDE)
    alpha = cv2.resize(laid.alpha, (WORKING_SIDE, WORKING_SIDE), interpolation=cv2.INTER_AREA)
    background = estimate_background(image)
    if not background.is_plain:
        return None
    distance = color_distance(image, background.color)
    top, bottom, left, right = subject_box(distance, background)
    box = np.s_[top:bottom, left:right]
    image, distance, alpha = (np.ascontiguousarray(each[box]) for each in (image, distance, alpha))
    similar = background_like(distance, background)
    regions = label_regions(similar)
    slack = LOSSY_COLOR_SHIFT if laid.lossy else 0.0
    if laid.lossy:
        regions = label_regions(similar | ringing_specks(distance, regions))
    chosen, features = classify.measure(image, regions, background, slack)
    if not chosen:
        return None
    area = regions.stats[chosen, cv2.CC_STAT_AREA]
    count = len(regions.stats)
    opaque = np.bincount(regions.labels.ravel(), (alpha > 0.5).ravel(), count)[chosen]
    return Measured(features, opaque > 0.5 * area, area)
