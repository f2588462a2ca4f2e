"""Which color counts as background, and when there is none."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from tests.support.images.sample_images import encoded, pixels

Color = tuple[int, int, int]

SUBJECT = (200, 60, 30)


def disc(background: Color = (255, 255, 255)) -> Image.Image:
    """Return a disc in the center of one color."""
    canvas = Image.new("RGB", (512, 512), background)
    ImageDraw.Draw(canvas).ellipse((120, 120, 390, 390), fill=SUBJECT)
    return canvas


def cut(image: Image.Image, **options: Any) -> NDArray[np.int64]:
    """Return the pixels of the cutout."""
    return pixels(imaging.cutout(encoded(image), **options).png)


def report_of(image: Image.Image) -> imaging.CutoutReport:
    """Return the report of the cutout."""
    return imaging.cutout(encoded(image)).report


@pytest.mark.parametrize(
    "background", [(250, 250, 248), (200, 220, 250), (60, 160, 80), (0, 0, 0), (128, 128, 128)]
)
def test_any_plain_color_is_background(background: Color) -> None:
    """A background of any color is cut like a white one, and the report names the color."""
    found, expected = cut(disc(background)), cut(disc())
    assert np.abs(found - expected)[..., 3].max() <= 40
    assert np.abs(found - expected)[..., 3].mean() <= 0.2
    assert found[128, 128].tolist() == [*SUBJECT, 255]
    assert report_of(disc(background)).background == "#{:02x}{:02x}{:02x}".format(*background)


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0, 3.0])
def test_a_noisy_background_is_cut(noise: float) -> None:
    """Noise of up to 3 levels leaves no specks and removes nothing of the subject."""
    values = np.asarray(disc((246, 245, 243))).astype(float)
    values += np.random.default_rng(3).normal(0, noise, values.shape)
    alpha = cut(Image.fromarray(np.rint(values).clip(0, 255).astype(np.uint8)))[..., 3]
    expected = cut(disc())[..., 3]
    assert alpha[expected == 0].mean() <= 0.5
    assert alpha[expected == 255].min() >= 240


def full_bleed(kind: str) -> Image.Image:
    """Return an image without a plain background."""
    rng = np.random.default_rng(1)
    if kind == "noise":
        return Image.fromarray(rng.integers(0, 255, (512, 512, 3), dtype=np.uint8))
    slope = np.mgrid[0:512, 0:512].sum(axis=0)[..., None] * np.array([0.24, 0.16, 0.1])
    values = slope + 20 + rng.normal(0, 6, (512, 512, 3))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("kind", ["noise", "gradient"])
def test_an_image_without_background_is_kept_whole(kind: str) -> None:
    """A photo stays opaque with its own colors, and the report says so."""
    image = full_bleed(kind)
    found = cut(image)
    assert found[..., 3].min() == 255
    expected = np.asarray(image.resize((256, 256), Image.Resampling.BOX)).astype(int)
    assert np.abs(found[..., :3] - expected).max() <= 2
    report = report_of(image)
    assert (report.verdict, report.coverage, report.touches_border) == ("bad", 1.0, True)
    assert "kept whole" in report.reasons[0]


@pytest.mark.parametrize("background", [(255, 255, 255), (252, 250, 251), (30, 90, 200)])
def test_nothing_but_background_leaves_nothing(background: Color) -> None:
    """A blank image gives a fully transparent result and the verdict bad."""
    blank = Image.new("RGB", (300, 200), background)
    assert not cut(blank).any()
    report = report_of(blank)
    assert (report.verdict, report.coverage, report.confidence) == ("bad", 0.0, 0.0)


@pytest.mark.parametrize("kind", ["whole", "transparent"])
def test_coverage_is_relative_to_the_square(kind: str) -> None:
    """Coverage is the mean alpha of the result, margins included, in every case."""
    image = full_bleed("noise").crop((0, 0, 512, 256))
    if kind == "transparent":
        image.putalpha(200)
    mean_alpha = cut(image)[..., 3].mean() / 255
    assert report_of(image).coverage == pytest.approx(mean_alpha, abs=0.001)


def clipped_block(width: int, height: int) -> Image.Image:
    """Return a block that touches the left border of the image."""
    canvas = Image.new("RGB", (width, height), "white")
    block = (0, height // 3, width // 3, height * 2 // 3)
    ImageDraw.Draw(canvas).rectangle(block, fill=SUBJECT)
    return canvas


def test_a_subject_at_the_border_is_reported() -> None:
    """The report states whether the subject touches the border."""
    assert report_of(clipped_block(512, 512)).touches_border
    assert not report_of(disc()).touches_border


def test_the_border_is_that_of_the_image() -> None:
    """The border is the image's own, not that of the square that the image is fitted into."""
    assert report_of(clipped_block(256, 512)).touches_border
