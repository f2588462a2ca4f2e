"""Level a background that is uneven: vignettes, gradients, studio walls."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.imaging.cutout.background import Background
from app.imaging.cutout.checkerboard import find_checkerboard
from app.imaging.cutout.options import CutoutOptions
from app.imaging.cutout.stated_background import find_background

Array = npt.NDArray[Any]

EVEN_SHARE, EVEN_NOISE = 0.97, 1.6  # of the border and levels: an even background has them
MIN_RANGE = 3.0  # levels by which a surface must vary to be worth removing
MAX_RANGE = 90.0  # levels: a sky above a landscape varies by more
MIN_GAIN = 0.03  # of the border that must match the surface but no single color
MAX_NOISE_RATIO = 0.7  # to which leveling must reduce the noise of the border otherwise
MIN_SHARE = 0.55  # of the border that must match the surface
MAX_NOISE = 4.0  # levels of noise around the surface: more is a scene
MIN_LEVEL = 60.0  # brightness of a background, as a night sky has less
MAX_PIECES = 6  # of background along the border: more is a scene
_PIECE_TOLERANCE = 6.0  # levels from the background within which the border belongs to it
_MEDIAN = 7  # px: radius of the median filter along the border
_SIDE = 96  # px: a surface is smooth, so it is fitted on an image this small
_BORDER = 2  # px there
_ROUNDS = 6  # of reweighting
_MAX_SAMPLES = 500  # pixels that a polynomial is fitted to
_TOLERANCE = 5.0  # levels from the surface within which pixels join it
_MAX_SLOPE = 2.2  # levels per px there: more is an edge
_RADIUS = 5  # px there, over which the surface follows the image
_SQUARE_3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Leveled:
    """An image whose background has one color.

    Attributes:
        image: (h, w, 3) uint8 BGR.
        background: its background.
        offset: (h, w, 3) float32 BGR that was subtracted from the image; None if nothing was.
    """

    image: Array
    background: Background
    offset: Array | None = None

    def apply(self, image: Array) -> Array:
        """Level the same image at another size."""
        if self.offset is None:
            return image
        size = (image.shape[1], image.shape[0])
        offset = cv2.resize(self.offset, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(image - offset + np.float32(0.5), 0, 255)).astype(np.uint8)

    def restore(self, cut: Array, original: Array) -> Array:
        """Return a cutout of the leveled image with the colors of the original.

        C = F + (1 - A) B holds for both, so the colors of partly transparent pixels differ by the
        offset. Opaque ones are the original's.

        Args:
            cut: (h', w', 4) uint8 RGBA of the whole image, straight alpha.
            original: (h', w', 3) uint8 BGR.
        """
        if self.offset is None:
            return cut
        size = (cut.shape[1], cut.shape[0])
        offset = cv2.resize(self.offset, size, interpolation=cv2.INTER_LINEAR)[..., ::-1]
        moved = np.clip(cut[..., :3] + offset + np.float32(0.5), 0, 255).astype(np.uint8)
        opaque, clear = cut[..., 3:] == 255, cut[..., 3:] == 0
        color = np.where(opaque, original[..., ::-1], np.where(clear, cut[..., :3], moved))
        return np.dstack([color, cut[..., 3]])


def level(image: Array, options: CutoutOptions) -> Leveled:
    """Find the background, and make it even if it is uneven and the caller stated no color.

    Args:
        image: (h, w, 3) uint8 BGR.
        options: what the caller decides.
    """
    background = find_background(image, options)
    if options.background or (
        background.border_share >= EVEN_SHARE and background.noise <= EVEN_NOISE
    ):
        return Leveled(image, background)
    checkerboard = find_checkerboard(image)
    if checkerboard is not None:
        offset = checkerboard.offset(image, checkerboard.find(image))
        flat = Leveled(image, background, offset).apply(image)
        return Leveled(flat, find_background(flat, options), offset)
    surface = _fit(image)
    if surface is None:
        return Leveled(image, background)
    color = np.median(surface.reshape(-1, 3), axis=0)
    height, width = image.shape[:2]
    offset = cv2.resize(surface - color, (width, height), interpolation=cv2.INTER_CUBIC)
    leveled = Leveled(image, background, np.asarray(offset))
    flat = leveled.apply(image)
    found = find_background(flat, options)
    gained = found.border_share >= background.border_share + MIN_GAIN
    calmer = found.noise <= MAX_NOISE_RATIO * background.noise
    if not (gained or calmer) or found.border_share < MIN_SHARE or found.noise > MAX_NOISE:
        return Leveled(image, background)
    if _count_pieces(flat, found) > MAX_PIECES:
        return Leveled(image, background)
    return Leveled(flat, replace(found, is_leveled=True), leveled.offset)


def _fit(image: Array) -> Array | None:
    """Return the surface on a small image, (h, w, 3) float32 BGR; None if there is none.

    A quadratic polynomial is fitted to the border by least absolute deviations, so that a subject
    that touches it has no influence. Then the surface follows the image, as far as this connects
    to the border without an edge.
    """
    scale = _SIDE / max(image.shape[:2])
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    terms = _terms(*small.shape[:2])
    border = np.ones(small.shape[:2], bool)
    border[_BORDER:-_BORDER, _BORDER:-_BORDER] = False
    surface = _polynomial(small, terms, border)
    blurred = cv2.GaussianBlur(small, (3, 3), 0)
    smooth = _slope(blurred) <= _MAX_SLOPE
    near = np.zeros(small.shape[:2], bool)
    for _ in range(3):
        near = _connected((np.abs(small - surface).max(axis=2) <= _TOLERANCE) & smooth, border)
        if near.sum() < 0.02 * near.size:
            return None
        surface = _follow(small, _polynomial(small, terms, near), near)
    levels = surface[near]
    dark = float(np.median(levels)) < MIN_LEVEL
    if dark or not MIN_RANGE <= float(np.ptp(levels, axis=0).max()) <= MAX_RANGE:
        return None
    return np.asarray(np.clip(surface, 0, 255))


def _count_pieces(image: Array, background: Background) -> int:
    """Return into how many pieces the background along the border is broken.

    A subject that extends beyond the image leaves a few. Wood grain, or trees in fog, which are
    scenes, leave many.
    """
    loop = np.concatenate([image[0], image[1:, -1], image[-1, -2::-1], image[-2:0:-1, 0]])
    distance = np.abs(loop.astype(np.float32) - background.color).max(axis=1)
    tolerance = max(_PIECE_TOLERANCE, min(2 * _PIECE_TOLERANCE, 4.5 * background.noise))
    matches = (distance <= tolerance).astype(np.int32)
    wrapped = np.concatenate([matches[-_MEDIAN:], matches, matches[:_MEDIAN]])
    window = np.ones(2 * _MEDIAN + 1, np.int32)
    most = np.convolve(wrapped, window, "same")[_MEDIAN:-_MEDIAN] > _MEDIAN
    return int(np.count_nonzero(most != np.roll(most, 1))) // 2


def _terms(height: int, width: int) -> Array:
    """Return the terms of a quadratic polynomial at each pixel: (h, w, 6) float64."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.dstack([np.ones_like(x), x, y, x * x, x * y, y * y])


def _polynomial(small: Array, terms: Array, mask: Array) -> Array:
    """Return the polynomial that fits the masked pixels best, by iterated reweighting."""
    step = max(1, int(np.count_nonzero(mask)) // _MAX_SAMPLES)
    matrix, values = terms[mask][::step], small[mask][::step].astype(np.float64)
    weight = np.ones(len(matrix))
    found: Array = np.zeros((terms.shape[2], 3))
    for _ in range(_ROUNDS):
        weighted = matrix * weight[:, None]
        normal = matrix.T @ weighted + 1e-6 * np.eye(terms.shape[2])
        found = np.linalg.solve(normal, weighted.T @ values)
        weight = 1 / np.maximum(np.abs(values - matrix @ found).max(axis=1), 1.0)
    return np.asarray(terms @ found, np.float32)


def _slope(small: Array) -> Array:
    """Return the steepest change per px of any channel: (h, w)."""
    across = np.asarray(cv2.Sobel(small, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8))
    down = np.asarray(cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8))
    return np.asarray(np.hypot(across, down).max(axis=2))


def _connected(mask: Array, border: Array) -> Array:
    """Return the part of a mask that connects to the border: (h, w) bool."""
    _, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    touching = np.bincount(labels[border], minlength=labels.max() + 1) > 0
    touching[0] = False
    return np.asarray(touching[labels])


def _follow(small: Array, surface: Array, near: Array) -> Array:
    """Add the smoothed difference of the image from the surface, where it is known."""
    core = np.asarray(cv2.erode(near.view(np.uint8), _SQUARE_3, borderValue=1))
    known: Array = core.astype(np.float32)[..., None]
    size = (2 * _RADIUS + 1,) * 2
    difference: Array = (small - surface) * known
    for _ in range(2):
        difference = np.asarray(cv2.blur(difference, size, borderType=cv2.BORDER_REPLICATE))
        known = np.asarray(cv2.blur(known, size, borderType=cv2.BORDER_REPLICATE))[..., None]
    share = np.minimum(known / 0.25, 1.0)
    out = surface + difference / np.maximum(known, 1e-3) * share
    return np.asarray(out, np.float32)
