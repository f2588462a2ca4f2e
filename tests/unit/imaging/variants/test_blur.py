"""Filters that combine neighboring pixels, compared with plain arithmetic."""

import numpy as np
import pytest

from app.imaging import Filter
from tests.support.images.variant_images import (
    Floats,
    assert_close,
    premultiplied,
    random_image,
    render,
    straight,
)

IMAGE = random_image(3)


def convolve(values: Floats, kernel: Floats) -> Floats:
    """Convolve in both directions, with zeros outside."""
    for axis in (0, 1):
        values = np.apply_along_axis(np.convolve, axis, values, kernel, mode="same")
    return values


def test_a_narrow_blur_is_a_gaussian() -> None:
    """Colors are weighted by alpha, and beyond the image is transparency."""
    x = np.arange(-8, 9)
    kernel = np.exp(-(x**2) / (2 * 1.5**2))
    expected = straight(convolve(premultiplied(IMAGE), kernel / kernel.sum()))
    assert_close(render(IMAGE, filters=(Filter("blur", (1.5,)),)), expected)


@pytest.mark.parametrize("px", [3, 4, 10, 40])
def test_a_wide_blur_approximates_a_gaussian(px: float) -> None:
    """A step becomes the Gaussian's slope within a fortieth, also at the border."""
    half = np.zeros((256, 256, 4), np.int64)
    half[:, :128] = (0, 255, 0, 255)
    found = render(half, filters=(Filter("blur", (px,)),))[128]
    x = np.arange(-500, 501)
    gaussian = np.exp(-(x**2) / (2 * px**2))
    gaussian /= gaussian.sum()
    expected = np.array([gaussian[(x >= at - 127) & (x <= at)].sum() for at in range(256)])
    assert np.abs(found[:, 3] / 255 - expected).max() <= 0.025
    assert (found[found[:, 3] > 0, 1] == 255).all()


def test_cells_are_means_weighted_by_alpha() -> None:
    """Each cell has the mean of its pixels, to which transparent ones contribute no color."""
    means = premultiplied(IMAGE).reshape(32, 8, 32, 8, 4).mean(axis=(1, 3))
    expected = straight(means.repeat(8, axis=0).repeat(8, axis=1))
    assert_close(render(IMAGE, filters=(Filter("pixelate"),)), expected)


@pytest.mark.parametrize("factor", [0, 2.5])
def test_sharpness_scales_the_difference_from_the_blurred_colors(factor: float) -> None:
    """Sharpness follows the formula of unsharp masking and keeps alpha."""
    x = np.arange(-6, 7)
    kernel = np.exp(-(x**2) / 2)
    soft = straight(convolve(premultiplied(IMAGE), kernel / kernel.sum()))[..., :3]
    expected = np.clip(soft + factor * (IMAGE[..., :3] - soft), 0, 255)
    found = render(IMAGE, sharpness=factor)
    visible = IMAGE[..., 3] > 64  # below that, rounding the blurred color matters
    assert np.abs(found[..., :3] - expected)[visible].max() <= 1.5 * max(1, abs(1 - factor))
    assert (found[..., 3] == IMAGE[..., 3]).all()


def test_the_sharpen_filter_adds_to_the_sharpness() -> None:
    """`sharpen:1.5` equals a sharpness of 2.5."""
    found = render(IMAGE, filters=(Filter("sharpen", (1.5,)),))
    assert (found == render(IMAGE, sharpness=2.5)).all()


def green_on_transparent_red() -> Floats:
    """Return a green disc in the center, on fully transparent red."""
    y, x = np.mgrid[:256, :256] - 127.5
    alpha = np.clip(60.5 - np.hypot(x, y), 0, 1)
    rgba = np.zeros((256, 256, 4))
    rgba[..., 0] = np.where(alpha > 0, 0, 255)
    rgba[..., 1] = np.where(alpha > 0, 255, 0)
    rgba[..., 3] = np.rint(alpha * 255)
    return rgba


NEIGHBORS = [{"filters": (Filter.parse(text),)} for text in ("blur:5", "pixelate:7", "sharpen:3")]


@pytest.mark.parametrize("parameters", [*NEIGHBORS, {"sharpness": 0}, {"width": 90, "height": 90}])
def test_transparent_pixels_contribute_no_color(parameters: dict[str, object]) -> None:
    """Bright red below full transparency leaves no trace in any effect."""
    found = render(green_on_transparent_red(), **parameters)
    assert (found[found[..., 3] > 0, :3] == (0, 255, 0)).all()
    assert not found[found[..., 3] == 0].any()
