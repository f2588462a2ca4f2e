import cv2
import numpy as np
import pytest

from app.imaging.cutout.edges.edge_alpha import estimate_alpha
from app.imaging.cutout.edges.edge_bands import raise_second_ring

STRIDE = 8
WHITE = np.full(3, 255, np.float32)


def rings() -> tuple[np.ndarray, np.ndarray]:
    """Return the outermost two columns of a subject that begins at the third column."""
    columns = np.tile(np.arange(STRIDE), (STRIDE, 1))
    return (columns == 2).view(np.uint8), (columns == 3).view(np.uint8)


def levels(first: int, second: int) -> np.ndarray:
    """Return the alpha of such a subject."""
    return np.tile(np.array([0, 0, first, second, 255, 255, 255, 255], np.uint8), STRIDE)


def test_second_ring_of_a_sharp_edge_is_opaque() -> None:
    """Antialiasing reaches one pixel, so the second one is solid."""
    found = levels(128, 190)
    raise_second_ring(found, rings(), STRIDE, 0.5)
    assert (found.reshape(STRIDE, STRIDE)[:, 3] == 255).all()


def test_wider_edge_raises_the_second_ring_less() -> None:
    """The bound follows the width of the edges, and never lowers alpha."""
    found = levels(70, 80)
    raise_second_ring(found, rings(), STRIDE, 1.3)
    assert 100 < found[3] < 200
    found = levels(70, 240)
    raise_second_ring(found, rings(), STRIDE, 1.3)
    assert found[3] == 240


def test_compression_noise_does_not_raise_the_second_ring() -> None:
    """Faint alpha in front of the edge may be ringing, and says nothing about the edge."""
    found = levels(20, 120)
    raise_second_ring(found, rings(), STRIDE, 0.5)
    assert found[3] == 120


@pytest.mark.parametrize("slope", [0, 8])
def test_light_rim_stays_opaque(slope: int) -> None:
    """A gray ball that grows darker inwards is opaque two pixels from its edge."""
    mask = np.zeros((128, 128), np.uint8)
    cv2.circle(mask, (64, 64), 40, 1, -1)
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    gray = np.where(mask > 0, 170 - slope * np.minimum(depth, 12), 255)
    gray[(depth > 0) & (depth <= 1)] = 212
    image = np.repeat(gray[..., None], 3, axis=2).astype(np.uint8)
    distance = 255 - image[..., 0]
    alpha = estimate_alpha(image, distance, (distance <= 12).view(np.uint8), WHITE, 0.6)
    assert alpha[depth >= 2].min() >= 250
