"""Soft parts become transparent as drawn; solid subjects, however pale, don't."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app import imaging
from app.imaging.cutout.background import Background
from app.imaging.cutout.edges.edge_alpha import estimate_alpha
from app.imaging.cutout.matte import compute_matte
from app.imaging.cutout.options import AUTOMATIC
from app.imaging.cutout.segmentation import SegmentationOptions
from app.imaging.cutout.soft_parts import soften
from tests.support.images.sample_images import pixels

Floats = NDArray[Any]
SIDE = 512
WHITE = np.full(3, 255, np.float32)
ORANGE, BLUE, PASTEL = (30, 140, 240), (210, 90, 20), (225, 235, 250)  # BGR
OPTIONS = SegmentationOptions(AUTOMATIC, lossy=False, ringing=0.0)


def disc(radius: float = 150.0) -> Floats:
    """Return a disc with an antialiased edge, 0..1."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    return np.asarray(np.clip(radius - np.hypot(x - SIDE / 2, y - SIDE / 2) + 0.5, 0, 1))


def over(color: Any, alpha: Floats, below: Any = WHITE) -> Floats:
    """Return a color over an image."""
    share = alpha[..., None]
    return np.asarray(np.float32(color) * share + np.float32(below) * (1 - share), np.float32)


def cut(image: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return alpha of the whole image without and with the treatment of soft parts."""
    drawn = np.rint(image).astype(np.uint8)
    background = Background(WHITE, 0.0, 1.0)
    matte = compute_matte(drawn, background, OPTIONS)
    found = matte.segmentation
    plain = estimate_alpha(
        matte.image, found.distance, found.background, found.color, matte.edge_width
    )
    soft = soften(matte.image, found, background, plain)
    np.testing.assert_array_equal(soft, matte.alpha)
    top, bottom, left, right = matte.box
    whole = np.zeros((2, SIDE, SIDE), np.uint8)
    whole[:, top:bottom, left:right] = plain, soft
    return whole[0], whole[1]


def error(alpha: NDArray[Any], truth: Floats) -> float:
    """Return the mean error of alpha where it is partial, 0..1."""
    partial = (truth > 0.05) & (truth < 0.95)
    return float(np.abs(alpha / 255 - truth)[partial].mean())


@pytest.mark.parametrize("sigma", [3.0, 6.0])
@pytest.mark.parametrize("color", [ORANGE, BLUE])
def test_feathered_outline_has_the_opacity_of_its_ramp(color: Any, sigma: float) -> None:
    """A blurred outline levels off inside, where its color is known."""
    truth = cv2.GaussianBlur(disc(), (0, 0), sigma)
    plain, soft = cut(over(color, truth))
    assert error(plain, truth) > 0.2
    assert error(soft, truth) < 0.05
    assert soft[truth > 0.99].min() > 245


@pytest.mark.parametrize("sigma", [8.0, 16.0])
@pytest.mark.parametrize("strength", [0.5, 0.9])
def test_glow_fades_and_its_subject_stays(sigma: float, strength: float) -> None:
    """A glow ends at the edge of the subject in front of it, which is opaque."""
    subject = disc(110)
    glow = strength * np.minimum(1.6 * cv2.GaussianBlur(subject, (0, 0), sigma), 1)
    truth = subject + (1 - subject) * glow
    plain, soft = cut(over(BLUE, subject, over(ORANGE, glow)))
    assert error(plain, truth) > 0.2
    assert error(soft, truth) < 0.09
    assert soft[subject == 1].min() > 250


def test_glow_shows_the_new_background_in_its_own_color() -> None:
    """The file of a cutout has no white left in the glow."""
    subject = cv2.resize(disc(110), (1024, 1024))
    glow = np.minimum(1.2 * cv2.GaussianBlur(subject, (0, 0), 24), 0.9)
    drawn = over(BLUE, subject, over(ORANGE, glow))
    _, encoded = cv2.imencode(".png", np.rint(drawn).astype(np.uint8))
    out = pixels(imaging.cutout(encoded.tobytes()).png)
    truth = cv2.resize(subject + (1 - subject) * glow, (256, 256), interpolation=cv2.INTER_AREA)
    band = (truth > 0.3) & (truth < 0.6)
    assert np.abs(out[..., 3] / 255 - truth)[band].mean() < 0.1
    assert (
        np.percentile(out[band][:, 2], 99) < 110
    )  # blue, in RGB: that of orange is 30, of white 255


def gradient_fill() -> Floats:
    """Return a disc that shades from near white at its left to orange."""
    across = np.linspace(0.12, 1.0, SIDE, dtype=np.float32)
    return over(over(ORANGE, np.tile(across, (SIDE, 1))), disc())


def light_rim() -> Floats:
    """Return a ball whose rim catches light: pale outside, and darker inwards."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    share = np.clip(1.15 - np.hypot(x - SIDE / 2, y - SIDE / 2) / 150, 0.2, 1)
    return over(over(BLUE, share), disc())


def lens_blur() -> Floats:
    """Return a disc whose edge is 4 px wide, as photos have."""
    return over(ORANGE, np.asarray(cv2.blur(disc(), (4, 4))))


@pytest.mark.parametrize(
    "draw",
    [lambda: over(PASTEL, disc()), gradient_fill, light_rim, lens_blur],
    ids=["pastel", "gradient fill", "light rim", "lens blur"],
)
def test_a_solid_subject_does_not_change(draw: Any) -> None:
    """An edge of a few pixels is no soft part, however pale the subject is behind it."""
    plain, soft = cut(draw())
    np.testing.assert_array_equal(soft, plain)


def test_a_subject_with_one_soft_side_keeps_its_other_edges() -> None:
    """A light at one end of a solid bar doesn't soften the bar."""
    bar = np.zeros((SIDE, SIDE), np.float32)
    bar[200:300, 100:330] = 1
    light = np.zeros_like(bar)
    light[250, 345] = 1
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), 22))
    light *= 0.9 / light.max()
    plain, soft = cut(over(BLUE, bar, over(ORANGE, light)))
    np.testing.assert_array_equal(soft[:, :250], plain[:, :250])
    assert soft[bar == 1].min() >= plain[bar == 1].min()


def test_noise_of_the_background_gets_no_veil() -> None:
    """A soft part ends where it is as faint as the noise."""
    truth = cv2.GaussianBlur(disc(110), (0, 0), 6)
    noise = np.random.default_rng(1).normal(0, 1, (SIDE, SIDE, 3))
    image = np.clip(over(ORANGE, truth, np.full(3, 253)) + noise, 0, 255)
    _, encoded = cv2.imencode(".png", np.rint(image).astype(np.uint8))
    alpha = pixels(imaging.cutout(encoded.tobytes()).png)[..., 3] / 255
    small = cv2.resize(truth, (256, 256), interpolation=cv2.INTER_AREA)
    assert (alpha[small < 0.002] > 0).mean() < 0.002
    assert np.abs(alpha - small)[(small > 0.05) & (small < 0.95)].mean() < 0.05
