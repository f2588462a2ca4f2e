import cv2
import numpy as np
import pytest

from app.imaging.cutout.edges.edge_width import edge_width

SIDE = 128


def disc(blur: float = 0.0, *, level: int = 200) -> np.ndarray:
    """Return the color distance of a disc, blurred by a Gaussian."""
    distance: np.ndarray = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(distance, (SIDE // 2, SIDE // 2), 40, level, -1)
    if blur:
        distance = cv2.GaussianBlur(distance, (0, 0), blur)
    return np.asarray(np.rint(distance).astype(np.uint8))


def measured(distance: np.ndarray) -> float:
    """Return the width of a distance's edges."""
    return edge_width(distance, (distance <= 12).view(np.uint8))


def test_hard_edge_has_no_width() -> None:
    """The width of an edge without intermediate levels is 0."""
    assert measured(disc()) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("blur", [0.75, 1.0, 1.5])
def test_width_grows_with_blur(blur: float) -> None:
    """A blurred edge is about 3.5 standard deviations wide, less one pixel."""
    assert measured(disc(blur)) == pytest.approx(3.54 * blur - 1, abs=0.7)


def test_width_does_not_depend_on_contrast() -> None:
    """A pale subject and a dark one with the same blur have edges of the same width."""
    assert measured(disc(1.0, level=60)) == pytest.approx(measured(disc(1.0)), abs=0.5)


def test_light_rim_is_not_a_wide_edge() -> None:
    """A subject that grows darker inwards has edges as wide as a flat one."""
    shaded = disc(0.5, level=80).astype(np.float32)
    depth = cv2.distanceTransform((shaded > 40).view(np.uint8), cv2.DIST_L2, 3)
    shaded += np.minimum(depth * 8, 120) * (shaded > 40)
    assert measured(np.rint(shaded).astype(np.uint8)) < 1.35


def test_subject_without_contrast_has_no_width() -> None:
    """An outline that hardly differs from the background is not measured."""
    faint = np.where(disc() > 0, 15, 0).astype(np.uint8)
    assert measured(faint) == 0
    assert edge_width(np.zeros((8, 8), np.uint8), np.ones((8, 8), np.uint8)) == 0
