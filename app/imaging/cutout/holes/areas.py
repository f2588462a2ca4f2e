"""List the enclosed areas of a cutout, as its report shows them."""

import cv2
import numpy as np

from app.imaging.cutout.holes.classify import VISIBLE_SHARE, HoleDecisions
from app.imaging.cutout.options import MAX_AREAS
from app.imaging.cutout.regions import Regions
from app.imaging.cutout.report import EnclosedArea

_LARGE = 4096  # px of a region's box
_PLACES = 4  # decimals of fractions: a tenth of a pixel of the largest variant is 0.00005


def list_areas(
    regions: Regions, decisions: HoleDecisions, *, left: int, top: int, side: int
) -> tuple[EnclosedArea, ...]:
    """Return the visible enclosed areas, largest first, at most 24.

    Args:
        regions: of the part of the image that contains the subject.
        decisions: which of them are background.
        left: x of that part in the square, px of the segmented image.
        top: y of it.
        side: side of the square, px of the segmented image.
    """
    silhouette = max(regions.outside.size - cv2.countNonZero(regions.outside), 1)
    areas = []
    for index in range(count_areas(regions, decisions, side=side)):
        region = decisions.candidates[index]
        x, y, width, height, size = (int(value) for value in regions.stats[region])
        center_x, center_y = _center(regions, region)
        areas.append(
            EnclosedArea(
                index + 1,
                box=(*_point(left + x, top + y, side), *_point(width, height, side)),
                center=_point(left + center_x + 0.5, top + center_y + 0.5, side),
                share=round(size / silhouette, _PLACES),
                decision="cut" if decisions.is_background[region] else "keep",
                chance=round(float(decisions.chance[index]), 3),
            )
        )
    return tuple(areas)


def count_areas(regions: Regions, decisions: HoleDecisions, *, side: int) -> int:
    """Return how many enclosed areas are visible, at most 24."""
    sizes = regions.stats[decisions.candidates[:MAX_AREAS], cv2.CC_STAT_AREA]
    return int((sizes > VISIBLE_SHARE * side**2).sum())


def _point(x: float, y: float, side: int) -> tuple[float, float]:
    return round(x / side, _PLACES), round(y / side, _PLACES)


def _center(regions: Regions, region: int) -> tuple[int, int]:
    """Return the point of a region that is farthest from its outline, x and y.

    In large regions, only every second pixel of every second line is considered.
    """
    x, y, width, height = (int(value) for value in regions.stats[region, :4])
    step = 2 if width * height > _LARGE else 1
    labels = regions.labels[y : y + height : step, x : x + width : step]
    mask = (labels == region).view(np.uint8)
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(padded, cv2.DIST_L1, 3)
    row, column = divmod(int(depth.argmax()), padded.shape[1])
    return x + step * (column - 1), y + step * (row - 1)
