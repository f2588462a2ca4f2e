"""Effects that mix neighbours, and what is laid under the subject."""

import numpy as np
import pytest

from app.imaging import Filter
from tests.support.images.variant_images import (
    Floats,
    Pixels,
    assert_same,
    random_image,
    straight,
    varied,
    weighted,
)

IMAGE = random_image(3)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
CORNER = (np.s_[:20], np.s_[-20:])


def disc(radius: float = 60, *, soft: float = 1.0) -> Pixels:
    """Return a green disc in the middle whose edge is `soft` pixels wide; its paper is red."""
    y, x = np.mgrid[:256, :256] - 127.5
    alpha = np.clip((radius - np.hypot(x, y)) / soft + 0.5, 0, 1)
    rgba = np.zeros((256, 256, 4))
    rgba[..., 0] = np.where(alpha > 0, 0, 255)
    rgba[..., 1] = np.where(alpha > 0, 255, 0)
    rgba[..., 3] = np.rint(alpha * 255)
    return rgba.astype(np.int64)


def distance() -> Floats:
    """Return how far each pixel is from the middle."""
    y, x = np.mgrid[:256, :256] - 127.5
    return np.asarray(np.hypot(x, y))


def blurred(values: Floats, kernel: Floats) -> Floats:
    """Blur both ways with nothing outside, by sums."""
    for axis in (0, 1):
        values = np.apply_along_axis(np.convolve, axis, values, kernel, mode="same")
    return values


def test_a_narrow_blur_is_a_gaussian() -> None:
    """Colors are weighted by opacity, and beyond the image is nothing."""
    at = np.arange(-8, 9)
    kernel = np.exp(-(at**2) / (2 * 1.5**2))
    expected = straight(blurred(weighted(IMAGE), kernel / kernel.sum()))
    assert_same(varied(IMAGE, filters=(Filter("blur", (1.5,)),)), expected)


@pytest.mark.parametrize("px", [3, 4, 10, 40])
def test_a_wide_blur_spreads_as_a_gaussian_does(px: float) -> None:
    """An edge becomes the Gaussian's slope, within a fortieth, also at the border."""
    half = np.zeros((256, 256, 4), np.int64)
    half[:, :128] = (0, 255, 0, 255)
    found = varied(half, filters=(Filter("blur", (px,)),))[128]
    at = np.arange(-500, 501)
    slope = np.exp(-(at**2) / (2 * px**2))
    slope /= slope.sum()
    level = np.array([slope[(at >= x - 127) & (at <= x)].sum() for x in range(256)])
    assert np.abs(found[:, 3] / 255 - level).max() <= 0.025
    assert (found[found[:, 3] > 0, 1] == 255).all()


def test_pixels_are_means_by_opacity() -> None:
    """Each cell has the mean of its pixels, to which transparent ones lend no color."""
    means = weighted(IMAGE).reshape(32, 8, 32, 8, 4).mean(axis=(1, 3))
    expected = straight(means.repeat(8, axis=0).repeat(8, axis=1))
    assert_same(varied(IMAGE, filters=(Filter("pixelate"),)), expected)


@pytest.mark.parametrize("factor", [0, 2.5])
def test_sharpness_moves_colors_away_from_the_blurred_ones(factor: float) -> None:
    """By the formula of unsharp masking; opacity is kept."""
    at = np.arange(-6, 7)
    kernel = np.exp(-(at**2) / 2)
    soft = straight(blurred(weighted(IMAGE), kernel / kernel.sum()))[..., :3]
    expected = np.clip(soft + factor * (IMAGE[..., :3] - soft), 0, 255)
    found = varied(IMAGE, sharpness=factor)
    seen = IMAGE[..., 3] > 64  # below that, rounding the blurred color shows
    assert np.abs(found[..., :3] - expected)[seen].max() <= 1.5 * max(1, abs(1 - factor))
    assert (found[..., 3] == IMAGE[..., 3]).all()


def test_the_filter_adds_to_the_sharpness_that_is_there() -> None:
    """`sharpen:1.5` is a sharpness of 2.5."""
    found = varied(IMAGE, filters=(Filter("sharpen", (1.5,)),))
    assert (found == varied(IMAGE, sharpness=2.5)).all()


MIXING = [{"filters": (Filter.parse(text),)} for text in ("blur:5", "pixelate:7", "sharpen:3")]


@pytest.mark.parametrize("wanted", [*MIXING, {"sharpness": 0}, {"width": 90, "height": 90}])
def test_transparent_pixels_never_lend_color(wanted: dict[str, object]) -> None:
    """Bright red under full transparency leaves no trace, whatever is mixed."""
    found = varied(disc(), **wanted)
    assert (found[found[..., 3] > 0, :3] == (0, 255, 0)).all()
    assert not found[found[..., 3] == 0].any()


@pytest.mark.parametrize("soft", [1, 6])
def test_an_outline_is_round_and_leaves_no_gap(soft: float) -> None:
    """All within its width of the middle of the edge is opaque, all beyond is empty."""
    found = varied(disc(60, soft=soft), outline=(10, RED))
    expected = np.clip(70 - distance() + 0.5, 0, 1) * 255
    assert np.abs(found[..., 3] - expected).max() <= 90  # a third of a pixel
    assert np.abs(found[..., 3] - expected).mean() <= 0.5
    assert (found[distance() < 69, 3] == 255).all()


def test_an_outline_lies_beneath_the_subject() -> None:
    """The subject's own pixels stay, half-open ones mix with the outline's color."""
    image = disc(60, soft=6)
    found = varied(image, outline=(10, RED))
    share = image[..., 3:] / 255
    expected = share * (0, 255, 0) + (1 - share) * RED
    inside = distance() < 69
    assert np.abs(found[..., :3] - expected)[inside].max() <= 1


def test_an_empty_image_has_no_outline() -> None:
    """Where there is no subject, nothing is drawn round it."""
    assert not varied(np.zeros((256, 256, 4)), outline=(10, RED), shadow=(1, 1, 1, RED, 1)).any()


def test_a_shadow_is_the_moved_and_blurred_opacity() -> None:
    """Offset to the right and downwards, blurred, thinned, and under everything else."""
    image = disc(40)
    found = varied(image, shadow=(30, -20, 1.5, BLUE, 0.6))
    at = np.arange(-8, 9)
    kernel = np.exp(-(at**2) / (2 * 1.5**2))
    alpha = np.roll(image[..., 3] / 255, (-20, 30), axis=(0, 1))
    cover = 0.6 * blurred(alpha, kernel / kernel.sum())
    subject = weighted(image)
    layer = cover[..., None] * np.array([0, 0, 1, 1])
    expected = subject + (1 - subject[..., 3:]) * layer
    assert_same(found, straight(expected))


def test_what_left_the_image_still_blurs_into_its_shadow() -> None:
    """A shadow that is moved past the border is blurred before it is cut off."""
    strip = np.zeros((256, 256, 4), np.int64)
    strip[:, 60:100] = 255
    found = varied(strip, shadow=(-100, 0, 10, BLUE, 1))
    assert abs(found[128, 0, 3] - 122) <= 8


def test_an_outline_casts_a_shadow_too() -> None:
    """The shadow is that of the sticker, not of the subject alone."""
    found = varied(disc(30), outline=(20, RED), shadow=(80, 0, 0, BLUE, 1))
    assert found[128, 250].tolist() == [0, 0, 255, 255]


def test_a_background_fills_what_is_open() -> None:
    """Everything is opaque then, mixed by opacity."""
    found = varied(IMAGE, background=(10, 200, 30))
    share = IMAGE[..., 3:] / 255
    expected = share * IMAGE[..., :3] + (1 - share) * (10, 200, 30)
    assert np.abs(found[..., :3] - expected).max() <= 1
    assert (found[..., 3] == 255).all()
