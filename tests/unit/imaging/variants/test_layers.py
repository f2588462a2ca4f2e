"""Outline, shadow and background below the subject."""

import numpy as np
import pytest

from tests.support.images.variant_images import (
    Floats,
    Pixels,
    assert_close,
    premultiplied,
    random_image,
    render,
    straight,
)

IMAGE = random_image(3)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def disc(radius: float = 60, *, soft: float = 1.0) -> Pixels:
    """Return a green disc in the center, with an edge of `soft` pixels, on transparent red."""
    y, x = np.mgrid[:256, :256] - 127.5
    alpha = np.clip((radius - np.hypot(x, y)) / soft + 0.5, 0, 1)
    rgba = np.zeros((256, 256, 4))
    rgba[..., 0] = np.where(alpha > 0, 0, 255)
    rgba[..., 1] = np.where(alpha > 0, 255, 0)
    rgba[..., 3] = np.rint(alpha * 255)
    return rgba.astype(np.int64)


def radius() -> Floats:
    """Return each pixel's distance from the center."""
    y, x = np.mgrid[:256, :256] - 127.5
    return np.asarray(np.hypot(x, y))


def convolve(values: Floats, kernel: Floats) -> Floats:
    """Convolve in both directions, with zeros outside."""
    for axis in (0, 1):
        values = np.apply_along_axis(np.convolve, axis, values, kernel, mode="same")
    return values


@pytest.mark.parametrize("soft", [1, 6])
def test_an_outline_is_round_and_leaves_no_gap(soft: float) -> None:
    """Everything within its width of the edge is opaque, and everything beyond is empty."""
    found = render(disc(60, soft=soft), outline=(10, RED))
    expected = np.clip(70 - radius() + 0.5, 0, 1) * 255
    assert np.abs(found[..., 3] - expected).max() <= 90  # a third of a pixel
    assert np.abs(found[..., 3] - expected).mean() <= 0.5
    assert (found[radius() < 69, 3] == 255).all()


def test_an_outline_lies_below_the_subject() -> None:
    """The subject's pixels stay, and partly transparent ones blend with the outline's color."""
    image = disc(60, soft=6)
    found = render(image, outline=(10, RED))
    share = image[..., 3:] / 255
    expected = share * GREEN + (1 - share) * RED
    inside = radius() < 69
    assert np.abs(found[..., :3] - expected)[inside].max() <= 1


def test_an_empty_image_has_no_outline() -> None:
    """Without a subject there is neither outline nor shadow."""
    assert not render(np.zeros((256, 256, 4)), outline=(10, RED), shadow=(1, 1, 1, RED, 1)).any()


def test_a_shadow_is_the_moved_and_blurred_alpha() -> None:
    """A shadow is offset to the right and down, blurred, scaled, and below everything else."""
    image = disc(40)
    found = render(image, shadow=(30, -20, 1.5, BLUE, 0.6))
    x = np.arange(-8, 9)
    kernel = np.exp(-(x**2) / (2 * 1.5**2))
    alpha = np.roll(image[..., 3] / 255, (-20, 30), axis=(0, 1))
    coverage = 0.6 * convolve(alpha, kernel / kernel.sum())
    subject = premultiplied(image)
    layer = coverage[..., None] * np.array([0, 0, 1, 1])
    expected = subject + (1 - subject[..., 3:]) * layer
    assert_close(found, straight(expected))


def test_a_shadow_beyond_the_border_blurs_into_the_image() -> None:
    """A shadow that is moved beyond the border is blurred before it is cropped."""
    strip = np.zeros((256, 256, 4), np.int64)
    strip[:, 60:100] = 255
    found = render(strip, shadow=(-100, 0, 10, BLUE, 1))
    assert abs(found[128, 0, 3] - 122) <= 8


def test_an_outline_casts_a_shadow_too() -> None:
    """The shadow is that of subject and outline together."""
    found = render(disc(30), outline=(20, RED), shadow=(80, 0, 0, BLUE, 1))
    assert found[128, 250].tolist() == [0, 0, 255, 255]


def test_a_background_makes_everything_opaque() -> None:
    """A background blends with each pixel by its alpha."""
    found = render(IMAGE, background=(10, 200, 30))
    share = IMAGE[..., 3:] / 255
    expected = share * IMAGE[..., :3] + (1 - share) * (10, 200, 30)
    assert np.abs(found[..., :3] - expected).max() <= 1
    assert (found[..., 3] == 255).all()
