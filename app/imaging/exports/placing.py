"""Place a subject in the files of a pack."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.imaging.exports.icon import reduce_to_icon, trimmed
from app.imaging.exports.rules import FileRule
from app.imaging.variants.layers import composite
from app.imaging.variants.outline_shadow import Outline
from app.imaging.variants.premultiply import resize
from app.imaging.variants.values import Color
from app.imaging.variants.variant import WHITE, Variant

Array = npt.NDArray[Any]

_SMALL = 64  # px: up to this side, images are sharpened like icons
_VISIBLE = 16  # of 255


def place(image: Array, rule: FileRule, background: Color) -> Array:
    """Return the pixels of a file of a pack.

    The subject is fitted into the file's margin or circle, and centered by its box; in a circle,
    no visible pixel is outside.

    Args:
        image: (side, side, 4) uint8 RGBA, straight alpha.
        rule: the file.
        background: the color of an opaque file.

    Returns:
        (height, width, 4) uint8 RGBA, straight alpha.
    """
    width, height = rule.size
    if not rule.crop and width == height <= _SMALL and not rule.margin:
        canvas = reduce_to_icon(image, width)
    else:
        subject = trimmed(image)
        scaled = resize(subject, *_fitted(subject, rule))
        if rule.crop:
            height, width = scaled.shape[:2]
        canvas = np.zeros((height, width, 4), np.uint8)
        top, left = (height - scaled.shape[0]) // 2, (width - scaled.shape[1]) // 2
        canvas[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    # Only these parameters are used; `Variant` limits its own sides.
    outline = Outline(rule.outline, WHITE) if rule.outline else None
    return composite(
        canvas, Variant(outline=outline, background=background if rule.opaque else None)
    )


def _fitted(subject: Array, rule: FileRule) -> tuple[int, int]:
    """Return width and height of the subject in the file."""
    height, width = subject.shape[:2]
    free = 2 * (rule.margin + rule.outline)
    scale = min((rule.size[0] - free) / width, (rule.size[1] - free) / height)
    if rule.safe_zone:
        scale = min(scale, rule.safe_zone * min(rule.size) / (2 * _radius(subject) + 2))
    return max(1, int(width * scale + 1e-6)), max(1, int(height * scale + 1e-6))


def _radius(subject: Array) -> float:
    """Return the distance of the outermost visible pixel from the middle, in px."""
    rows, columns = np.nonzero(subject[..., 3] >= _VISIBLE)
    if not len(rows):
        return float(max(subject.shape[:2])) / 2
    middle = np.array(subject.shape[:2]) / 2 - 0.5
    return float(np.hypot(rows - middle[0], columns - middle[1]).max()) + 0.5
