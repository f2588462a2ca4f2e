"""Flood the background without crossing an edge, however pale it is."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MIN_STEP = 1.0  # levels per px that are noise rather than an edge
EDGE_RATIO = 1.5  # by which an edge is steeper than the shading around it
MAX_EDGE = 7  # px: wider slopes are shading
NECK = 2  # px: the flood passes no gap of twice this, and one
CHAMBER_NECK = 6  # px: the same, for areas of another color than the background's
MIN_CHAMBER = 400  # px: smaller areas behind such a gap stay part of the flood
MAX_HARD_RIM = 0.15  # of a dark area's rim that may be a hard edge against clear background
_DARK, _CLEAR = 24, 8  # levels below the background: such an area; what counts as clear
_CHROMA_GAIN = 1.5  # a shadow hardly changes the hue, so a change of hue counts for more
_OPPONENT = np.array(
    [
        [0.25, 0.5, 0.25],
        [-_CHROMA_GAIN, 0.0, _CHROMA_GAIN],
        [-_CHROMA_GAIN / 2, _CHROMA_GAIN, -_CHROMA_GAIN / 2],
    ],
    np.float32,
)
_MARGIN = CHAMBER_NECK + 1  # px of background assumed around the image


def find_edges(image: Array, noise: float) -> Array:
    """Return a mask of the edges.

    An edge is a narrow ridge of the gradient. A morphological opening removes narrow ridges and
    leaves the slopes of a shadow, even where they steepen towards the subject. The difference of
    the two (a top hat) therefore shows an edge of a few levels that lies in a shadow.

    Args:
        image: (h, w, 3) uint8 BGR.
        noise: standard deviation of the background, levels.

    Returns:
        (h, w) uint8, 1 on an edge.
    """
    planes = cv2.transform(image.astype(np.float32), _OPPONENT)
    planes = cv2.GaussianBlur(planes, (3, 3), 0.7)
    slope: Any = np.zeros(image.shape[:2], np.float32)
    for plane in cv2.split(planes):
        for dx, dy in ((1, 0), (0, 1)):
            step = cv2.Sobel(plane, cv2.CV_32F, dx, dy, ksize=3, scale=1 / 8)
            slope = cv2.accumulateSquare(step, slope)
    slope = cv2.sqrt(slope)
    square = np.ones((MAX_EDGE, MAX_EDGE), np.uint8)
    shading = cv2.morphologyEx(slope, cv2.MORPH_OPEN, square, borderType=cv2.BORDER_REPLICATE)
    limit = cv2.addWeighted(shading, EDGE_RATIO, shading, 0.0, MIN_STEP + noise / 2)
    return np.asarray(slope > limit).view(np.uint8)


def flood(passable: Array, neck: int) -> Array:
    """Return a mask of what is reached from the border through wide enough gaps.

    Args:
        passable: (h, w) uint8, 1 where the flood may pass.
        neck: px; a gap of 2 x neck is closed.

    Returns:
        (h, w) uint8, 1 where the flood arrives.
    """
    m = _MARGIN
    padded = cv2.copyMakeBorder(passable, m, m, m, m, cv2.BORDER_CONSTANT, value=1)
    square = np.ones((2 * neck + 1, 2 * neck + 1), np.uint8)
    core = cv2.erode(padded, square, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    cv2.floodFill(core, None, (0, 0), 2, flags=4)
    reached = cv2.bitwise_and(cv2.dilate((core == 2).view(np.uint8), square), padded)
    return np.ascontiguousarray(reached[m:-m, m:-m])


def without_chambers(reached: Array, passable: Array, differs: Array) -> Array:
    """Take back what was entered through a narrow gap and isn't background.

    A pale subject's outline fades where it meets its own shadow. What lies behind such a gap is
    subject, if its color isn't the background's.

    Args:
        reached: (h, w) uint8 mask that `flood` returned.
        passable: (h, w) uint8 mask that was flooded.
        differs: (h, w) uint8, 1 where the color isn't the background's.

    Returns:
        (h, w) uint8 mask.
    """
    behind = reached & (1 - flood(passable, CHAMBER_NECK))
    behind = cv2.morphologyEx(behind, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    if cv2.countNonZero(behind) < MIN_CHAMBER:
        return reached
    _, labels, stats, _ = cv2.connectedComponentsWithStats(behind, connectivity=4)
    unlike = np.bincount(labels.ravel(), weights=differs.ravel(), minlength=len(stats))
    area = stats[:, cv2.CC_STAT_AREA]
    chambers = (area >= MIN_CHAMBER) & (2 * unlike > area)
    chambers[0] = False
    if not chambers.any():
        return reached
    grown = cv2.dilate(chambers.view(np.uint8)[labels], np.ones((5, 5), np.uint8))
    return np.asarray(reached & (1 - grown))


def without_hard_areas(reached: Array, edges: Array, distance: Array, noise: float) -> Array:
    """Take back dark areas that have a hard edge against clear background.

    A shadow fades into the background, and only ends hard where the subject begins. A gray part
    of the subject, which the flood entered where its own shadow is as dark, has a hard outline.

    Args:
        reached: (h, w) uint8 mask that `flood` returned.
        edges: (h, w) uint8 mask, as `find_edges` returns it.
        distance: (h, w) uint8 color distance from the background.
        noise: standard deviation of the background, levels.
    """
    dark: Array = reached & (distance > _DARK + 3 * noise).view(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    if cv2.countNonZero(dark) < MIN_CHAMBER:
        return reached
    clear: Array = reached & (distance <= _CLEAR + 3 * noise).view(np.uint8)
    hard: Array = edges & np.asarray(cv2.dilate(clear, np.ones((9, 9), np.uint8)))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
    for number in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= MIN_CHAMBER):
        if number == 0:
            continue
        area: Array = (labels == number).view(np.uint8)
        rim: Array = np.asarray(cv2.dilate(area, np.ones((5, 5), np.uint8))) & (1 - area)
        if np.count_nonzero(rim & hard) >= MAX_HARD_RIM * np.count_nonzero(rim):
            reached = reached & (1 - np.asarray(cv2.dilate(area, np.ones((5, 5), np.uint8))))
    return reached
