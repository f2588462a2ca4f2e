"""What is taken for background, and what is kept."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from app import imaging
from tests.support.images.sample_images import encoded, owl, pixels

Color = tuple[int, int, int]

SUBJECT = (200, 60, 30)
FULL = 1024


def image(paper: Color = (255, 255, 255)) -> Image.Image:
    """Draw a disc in the middle of one color."""
    canvas = Image.new("RGB", (512, 512), paper)
    ImageDraw.Draw(canvas).ellipse((120, 120, 390, 390), fill=SUBJECT)
    return canvas


def cut(drawn: Image.Image, **options: Any) -> NDArray[np.int64]:
    """Cut out and return the pixels of the result."""
    return pixels(imaging.cutout(encoded(drawn), **options).png)


def report(drawn: Image.Image, **options: Any) -> imaging.CutoutReport:
    """Cut out and return the report."""
    return imaging.cutout(encoded(drawn), **options).report


@pytest.mark.parametrize(
    "paper", [(250, 250, 248), (200, 220, 250), (60, 160, 80), (0, 0, 0), (128, 128, 128)]
)
def test_any_one_color_is_background(paper: Color) -> None:
    """A background of one color is cut like a white one, and the report names it."""
    found, expected = cut(image(paper)), cut(image())
    assert np.abs(found - expected)[..., 3].max() <= 40
    assert np.abs(found - expected)[..., 3].mean() <= 0.2
    assert found[128, 128].tolist() == [*SUBJECT, 255]
    assert report(image(paper)).background == "#{:02x}{:02x}{:02x}".format(*paper)


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0, 3.0])
def test_a_noisy_background_is_cut(noise: float) -> None:
    """Off-white with noise is background all over: no grain of it stays, nor eats the subject."""
    values = np.asarray(image((246, 245, 243))).astype(float)
    values += np.random.default_rng(3).normal(0, noise, values.shape)
    found = cut(Image.fromarray(np.rint(values).clip(0, 255).astype(np.uint8)))
    shape = cut(image())[..., 3]
    assert found[..., 3][shape == 0].mean() <= 0.5
    assert found[..., 3][shape == 255].min() >= 240


def full_bleed(kind: str) -> Image.Image:
    """Draw what fills its frame to the edges."""
    rng = np.random.default_rng(1)
    if kind == "noise":
        return Image.fromarray(rng.integers(0, 255, (512, 512, 3), dtype=np.uint8))
    slope = np.mgrid[0:512, 0:512].sum(axis=0)[..., None] * np.array([0.24, 0.16, 0.1])
    values = slope + 20 + rng.normal(0, 6, (512, 512, 3))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("kind", ["noise", "slope"])
def test_an_image_without_background_is_kept_whole(kind: str) -> None:
    """A photo-like image stays opaque with its own colors, and the report says so."""
    drawn = full_bleed(kind)
    found = cut(drawn)
    assert found[..., 3].min() == 255
    expected = np.asarray(drawn.resize((256, 256), Image.Resampling.BOX)).astype(int)
    assert np.abs(found[..., :3] - expected).max() <= 2
    reported = report(drawn)
    assert (reported.verdict, reported.coverage, reported.touches_border) == ("bad", 1.0, True)
    assert "kept whole" in reported.reasons[0]


@pytest.mark.parametrize("paper", [(255, 255, 255), (252, 250, 251), (30, 90, 200)])
def test_nothing_but_background_leaves_nothing(paper: Color) -> None:
    """An empty page gives a wholly transparent image and the verdict bad."""
    blank = Image.new("RGB", (300, 200), paper)
    assert not cut(blank).any()
    reported = report(blank)
    assert (reported.verdict, reported.coverage, reported.confidence) == ("bad", 0.0, 0.0)


def shadowed() -> Image.Image:
    """Draw a disc with a soft shadow beneath it, on white."""
    shade = Image.new("L", (FULL, FULL))
    ImageDraw.Draw(shade).ellipse((260, 640, 800, 840), fill=110)
    canvas = Image.new("RGB", (FULL, FULL), "white")
    canvas.paste((0, 0, 0), mask=shade.filter(ImageFilter.GaussianBlur(40)))
    ImageDraw.Draw(canvas).ellipse((300, 200, 724, 700), fill=SUBJECT)
    return canvas


def test_a_soft_shadow_is_background() -> None:
    """A drop shadow goes with the background; the subject above it stays whole."""
    alpha = cut(shadowed())[..., 3]
    lone = Image.new("L", (FULL, FULL))
    ImageDraw.Draw(lone).ellipse((300, 200, 724, 700), fill=255)
    truth = np.asarray(lone.reduce(4)).astype(int)
    assert alpha[truth == 0].mean() <= 1
    assert alpha[truth == 255].min() >= 240
    assert report(shadowed()).shadow
    assert not report(image()).shadow


def bar(width: int, height: int) -> Image.Image:
    """Draw a block that runs off the image on the left."""
    canvas = Image.new("RGB", (width, height), "white")
    block = (0, height // 3, width // 3, height * 2 // 3)
    ImageDraw.Draw(canvas).rectangle(block, fill=SUBJECT)
    return canvas


def test_a_subject_that_runs_off_the_image_is_reported() -> None:
    """The report tells whether the subject touches the border."""
    assert report(bar(512, 512)).touches_border
    assert not report(image()).touches_border


def test_a_subject_that_runs_off_a_tall_image_is_reported() -> None:
    """The border is that of the image, not of the square that it is fitted into."""
    assert report(bar(256, 512)).touches_border


@pytest.mark.parametrize("kind", ["whole", "transparent"])
def test_coverage_is_that_of_the_square(kind: str) -> None:
    """Coverage is the mean opacity of the result, margins included, whatever was done."""
    drawn = full_bleed("noise").crop((0, 0, 512, 256))
    if kind == "transparent":
        drawn.putalpha(200)
    opacity = cut(drawn)[..., 3].mean() / 255
    assert report(drawn).coverage == pytest.approx(opacity, abs=0.001)


def ring() -> Image.Image:
    """Draw a doughnut as it is seen from above."""
    canvas = Image.new("RGB", (FULL, FULL), "white")
    pen = ImageDraw.Draw(canvas)
    pen.ellipse((200, 200, 824, 824), fill=(200, 120, 60))
    pen.ellipse((420, 420, 604, 604), fill="white")
    return canvas


@pytest.mark.parametrize(
    ("holes", "opaque", "counts"), [("auto", 0, (0, 1)), ("cut", 0, (0, 1)), ("keep", 255, (1, 0))]
)
def test_the_hole_of_a_ring(holes: imaging.Holes, opaque: int, counts: tuple[int, int]) -> None:
    """A ring's hole is cut by itself or on demand, kept on demand, and counted either way."""
    assert cut(ring(), holes=holes)[128, 128, 3] == opaque
    reported = report(ring(), holes=holes)
    assert (reported.holes_kept, reported.holes_cut) == counts


@pytest.mark.parametrize(
    ("holes", "opaque", "counts"),
    [("auto", 255, (2, 0)), ("cut", 0, (0, 2)), ("keep", 255, (2, 0))],
)
def test_white_eyes(holes: imaging.Holes, opaque: int, counts: tuple[int, int]) -> None:
    """White paint inside an outline is kept unless it is to be cut, and counted either way."""
    found = cut(owl(), holes=holes)
    assert found[96, 96, 3] == found[96, 159, 3] == opaque
    reported = report(owl(), holes=holes)
    assert (reported.holes_kept, reported.holes_cut) == counts


def test_paint_that_is_not_quite_the_background_is_kept() -> None:
    """Enclosed paint two levels off the background's color is paint, however like a hole."""
    canvas = ring()
    ImageDraw.floodfill(canvas, (512, 512), (253, 253, 253))
    assert cut(canvas)[128, 128].tolist() == [253, 253, 253, 255]
