"""Recognize a dark, flat shadow that the subject stands in."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background

Array = npt.NDArray[Any]

MIN_DEPTH, MAX_DEPTH = 18, 80  # levels below the background
FLATNESS = 4  # levels by which its color may vary
MAX_TINT = 8  # levels by which its channels may differ
ZONE = 0.3  # of the subject's height, from the bottom, that holds all of it
MIN_AREA = 0.002  # of the image
MIN_WIDTH, MAX_WIDTH = 0.5, 1.5  # of the subject's width
MAX_SLANT = 0.25  # height, relative to its width
MIN_OPEN = 0.25  # of its rim that must adjoin the background, with no outline between
MAX_ELSEWHERE = 0.05  # of its area that may have its color higher up in the subject
MIN_STANDING = 0.2  # of its width where the subject reaches below half of its height
MAX_BEYOND = 0.25  # of its height by which the subject may reach below it
END, MAX_END = 0.05, 0.7  # of its width; of its height, by which it tapers off there
MAX_GAP = 0.1  # of its width, between its ends, where the background shows
_CLEAR, _FAINT = 4, 5  # levels from the background: at most where it is clear, least of a rim
_PITCH = 2  # px: a quarter of the pixels shows whether there may be one
_RIM = 6  # px by which its blurred rim may exceed it
_SQUARE_3, _SQUARE_5, _SQUARE_7, _SQUARE_9 = (np.ones((n, n), np.uint8) for n in (3, 5, 7, 9))


def find_dark_shadow(image: Array, distance: Array, background: Background) -> Array | None:
    """Return a mask of a dark, flat shadow that the subject stands in, or None.

    It may be as dark as parts of the subject, so its depth proves nothing. But the subject
    interrupts it: feet or wheels reach into it from above, and it shows beside or between them. A
    base or a plinth isn't interrupted. A shadow has no outline either, and the rest of the
    subject does not have its color.

    Args:
        image: (h, w, 3) uint8 BGR.
        distance: (h, w) uint8 color distance from the background.
        background: the background.

    Returns:
        (h, w) uint8.
    """
    slack = 3 * background.noise
    _, y, width, height = cv2.boundingRect((distance > int(MIN_DEPTH + slack)).view(np.uint8))
    start, end = y + int((1 - ZONE) * height), min(y + height + _RIM, len(image))
    sample = np.ascontiguousarray(image[start:end:_PITCH, ::_PITCH])
    level, number = _usual_depth(*_darkness(sample, background))
    if start == y or number * _PITCH**2 < MIN_AREA * distance.size:
        return None
    depth, neutral = _darkness(image[start:end], background)
    reach = FLATNESS + slack
    flat = _patches(depth, neutral, level, reach)
    clear = _clear_ground(distance[start:end], _CLEAR + slack)
    flat = _open_parts(flat, clear)
    area = cv2.countNonZero(flat)
    if area < MIN_AREA * distance.size:
        return None
    shaded = np.asarray(cv2.inRange(depth, _FAINT + slack, level + reach)) & neutral
    if not (_lies_on_ground(flat, clear, width) and _has_shape(flat, clear)):
        return None
    if not _is_stood_in(flat, 1 - (shaded | clear)):
        return None
    above = _patches(*_darkness(image[y:start], background), level, reach)
    if cv2.countNonZero(above) > MAX_ELSEWHERE * area:
        return None
    found = np.zeros_like(distance)
    found[start:end] = _with_rim(flat, shaded)
    return found


def _clear_ground(distance: Array, limit: float) -> Array:
    """Return a mask of the clear background that reaches the lower corners."""
    clear = (distance <= limit).view(np.uint8)
    bottom, right = clear.shape[0] - 1, clear.shape[1] - 1
    for corner in ((0, bottom), (right, bottom)):
        if clear[corner[::-1]] == 1:
            cv2.floodFill(clear, None, corner, 2, flags=4)
    return np.asarray(clear == 2).view(np.uint8)


def _darkness(image: Array, background: Background) -> tuple[Array, Array]:
    """Return levels below the background, and a mask of where they are alike in all channels."""
    base = np.append(np.rint(background.color), 0.0).astype(np.float64)
    blue, green, red = cv2.split(cv2.absdiff(image, base))
    most, least = cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red)
    limit = MAX_TINT + 3 * background.noise
    return np.asarray(most), np.asarray(cv2.subtract(most, least) <= limit).view(np.uint8)


def _usual_depth(depth: Array, neutral: Array) -> tuple[int, int]:
    """Return the most frequent depth of neutral pixels, and the number of those with a depth."""
    counts = np.bincount(depth[neutral.view(bool)], minlength=256)
    counts[:MIN_DEPTH] = counts[MAX_DEPTH + 1 :] = 0
    around = np.convolve(counts, np.ones(2 * FLATNESS + 1, np.int64), "same")
    return int(around.argmax()), int(around.max())


def _patches(depth: Array, neutral: Array, level: int, reach: float) -> Array:
    """Return a mask of neutral patches of a depth; thin lines are none."""
    alike = np.asarray(cv2.inRange(depth, level - reach, level + reach)) & neutral
    return np.asarray(cv2.morphologyEx(alike, cv2.MORPH_OPEN, _SQUARE_3))


def _open_parts(flat: Array, clear: Array) -> Array:
    """Return a mask of the parts that adjoin the background; an outline encloses the others."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=8)
    near: Array = np.asarray(cv2.dilate(clear, _SQUARE_7))
    is_open = np.bincount(labels[near.view(bool)], minlength=len(stats)) > 0
    is_open[0] = False
    return np.asarray(is_open.view(np.uint8)[labels])


def _lies_on_ground(flat: Array, clear: Array, width: int) -> bool:
    """Return whether it is as wide as the subject, low, and without an outline."""
    _, _, w, h = cv2.boundingRect(flat)
    if not MIN_WIDTH * width <= w <= MAX_WIDTH * width or h > MAX_SLANT * w:
        return False
    inner: Array = np.asarray(cv2.dilate(flat, _SQUARE_5))
    rim: Array = np.asarray(cv2.dilate(flat, _SQUARE_9)) & (1 - inner)
    is_open: Array = rim & np.asarray(cv2.dilate(clear, _SQUARE_3))
    return cv2.countNonZero(is_open) >= MIN_OPEN * cv2.countNonZero(rim)


def _has_shape(flat: Array, clear: Array) -> bool:
    """Return whether it tapers off at its ends, without a gap between them."""
    x, y, w, h = cv2.boundingRect(flat)
    box = flat[y : y + h, x : x + w]
    end = max(1, round(END * w))
    ends = (box[:, :end].any(axis=1), box[:, -end:].any(axis=1))
    if max(np.count_nonzero(rows) for rows in ends) > MAX_END * h:
        return False
    middle = clear[y + h // 2, x : x + w].astype(bool)
    known = np.flatnonzero(~middle)
    inner = middle[known[0] : known[-1]] if len(known) else middle
    return bool(np.count_nonzero(inner) <= MAX_GAP * w)


def _is_stood_in(flat: Array, subject: Array) -> bool:
    """Return whether the subject reaches into it, and not far beyond."""
    x, y, w, h = cv2.boundingRect(flat)
    solid = np.asarray(cv2.morphologyEx(subject, cv2.MORPH_OPEN, _SQUARE_3))
    reaching = solid[y + h // 2 : y + h, x : x + w].any(axis=0)
    _, top, _, height = cv2.boundingRect(solid)
    return bool(reaching.mean() >= MIN_STANDING and top + height <= y + (1 + MAX_BEYOND) * h)


def _with_rim(flat: Array, shaded: Array) -> Array:
    """Return the mask with its blurred rim."""
    allowed: Array = np.asarray(cv2.bitwise_or(shaded, flat))
    reached = flat
    for _ in range(_RIM):
        reached = np.asarray(cv2.bitwise_and(cv2.dilate(reached, _SQUARE_3), allowed))
    return reached
