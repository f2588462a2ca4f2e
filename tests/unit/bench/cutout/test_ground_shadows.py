"""The count of ground shadows looks at drawings with transparency."""

import numpy as np
from numpy.typing import NDArray

from bench.cutout.ground_shadows import has_dark_shadow


def drawing(*, gray: int) -> NDArray[np.uint8]:
    """Return two legs over a gray band that tapers off: (600, 600, 4) BGRA."""
    out = np.zeros((600, 600, 4), np.uint8)
    for row, inset in ((500, 40), (508, 0), (516, 0), (524, 40)):
        out[row : row + 8, 150 + inset : 450 - inset] = (gray, gray, gray, 255)
    for left in (200, 340):
        out[100:528, left : left + 60] = (30, 60, 200, 255)
    return out


def test_a_shadow_under_transparent_artwork_is_found() -> None:
    """The drawing is laid on white; a band as light as that is none."""
    assert has_dark_shadow(drawing(gray=190))
    assert not has_dark_shadow(drawing(gray=253))
