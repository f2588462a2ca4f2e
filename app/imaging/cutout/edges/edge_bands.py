"""Divide the edges into bands, and keep sharp ones steep."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

SOFT_EDGE, VERY_SOFT_EDGE = 1.35, 2.6  # px: edges wider than this
_MIN_ALPHA = 64  # of 255, in the outermost ring: less may be compression noise
_FLAT_WIDTH, _LENGTH_PER_WIDTH = 0.5, 2.2  # px: width of antialiasing alone; ramp beyond it
_SQUARE_3 = np.ones((3, 3), np.uint8)
_CROSS_3 = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def edge_bands(background: Array, width: float) -> list[tuple[Array, Array, Array]]:
    """Return the bands along the edge, outermost first.

    Each has a mask, a mask of the pixels that its foreground color comes from, and a fallback.
    Color is only taken from deeper than the pixel itself. So a light area behind a dark outline
    stays opaque, while a smear in front of the outline becomes transparent.
    """
    subject = 1 - background
    soft = width > SOFT_EDGE
    bands = [(cv2.dilate(subject, _SQUARE_3) & background, subject, subject)]
    inner = subject
    for depth in range(2 + soft + (width > VERY_SOFT_EDGE)):
        core = cv2.erode(inner, _SQUARE_3 if depth % 2 else _CROSS_3, borderValue=1)
        bands.append((inner - core, inner if soft else core, inner))
        inner = core
    return bands


def raise_second_ring(levels: Array, rings: tuple[Array, Array], stride: int, width: float) -> None:
    """Raise alpha in the second ring to what a ramp of the edges' width reaches there.

    A subject whose color grows stronger inwards, as rims that catch light do, makes the second
    ring pass for partly transparent. But where edges are sharp, alpha rises by at least 1 / length
    of the ramp from one pixel to the next, whatever the colors.

    Args:
        levels: (h * w,) uint8 alpha, changed in place.
        rings: (h, w) uint8 masks of the outermost two rings of the subject.
        stride: width of the image, px.
        width: usual width of the edges, px, as `edge_width` returns it.
    """
    outer, targets = rings[0].ravel(), np.flatnonzero(rings[1].view(bool))
    targets = targets[levels[targets] < 255]
    count, total = np.zeros(len(targets), np.int32), np.zeros(len(targets), np.int32)
    for offset in (-stride - 1, -stride, 1 - stride, -1, 1, stride - 1, stride, stride + 1):
        neighbors = targets + offset
        inside = outer.take(neighbors, mode="clip")
        count += inside
        total += inside * levels.take(neighbors, mode="clip").astype(np.int32)
    length = 1 + max(0.0, width - _FLAT_WIDTH) * _LENGTH_PER_WIDTH
    reliable = (count > 0) & (total >= _MIN_ALPHA * count)
    targets, mean = targets[reliable], total[reliable] / count[reliable]
    reached = np.minimum(mean + 255 / length, 255).astype(np.uint8)
    levels[targets] = np.maximum(levels[targets], reached)
