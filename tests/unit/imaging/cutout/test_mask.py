"""Masks erase and restore, with smooth edges and without a halo, at every size."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app import imaging
from app.imaging.cutout.large_cutout import cut_out_large
from app.imaging.cutout.mask import Mask, normalize_mask
from app.imaging.formats.header import read_file
from tests.support.images.hostile_images import bomb
from tests.support.images.sample_images import INK, encoded, over, owl, pixels
from tests.support.tables import each_row

OWL = encoded(owl())
GRAY = (128, 128, 128)
EYE = (192, 192)
"""The center of the left eye, px of 512, which is a hole unless it is restored."""
RGBA = NDArray[np.int64]


def mask_of(*discs: tuple[float, float, float, int], side: int = 512, mode: str = "L") -> bytes:
    """Return a mask with discs of (x, y, radius, level) in parts of 512, on middle gray."""
    image = Image.new("RGB", (side * 4, side * 4), GRAY)
    pen, unit = ImageDraw.Draw(image), side * 4 / 512
    for x, y, radius, level in discs:
        box = [unit * value for value in (x - radius, y - radius, x + radius, y + radius)]
        pen.ellipse(box, fill=(level, level, level))
    return encoded(image.resize((side, side), Image.Resampling.BOX).convert(mode))


def normalized_for(original: bytes, mask: bytes) -> bytes:
    """Return the normalized mask of an original."""
    header = imaging.inspect(original)
    return normalize_mask(mask, width=header.width, height=header.height)


def cut(mask: bytes, *, data: bytes = OWL, size: int = 256, **options: object) -> RGBA:
    """Cut out with a mask, at any size."""
    normalized = normalized_for(data, mask)
    chosen = imaging.CutoutOptions(mask=normalized, **options)  # type: ignore[arg-type]  # reason: any option
    if size == 256:
        return pixels(imaging.cutout(data, options=chosen).png)
    return np.asarray(cut_out_large(read_file(data), size=size, options=chosen)[0].astype(np.int64))


def coverage(x: float, y: float, radius: float, size: int) -> NDArray[np.float64]:
    """Return a disc's exact share of each pixel, 0..1."""
    image = Image.new("L", (size * 8, size * 8))
    unit = size * 8 / 512
    box = [unit * value for value in (x - radius, y - radius, x + radius, y + radius)]
    ImageDraw.Draw(image).ellipse(box, fill=255)
    return np.asarray(image.resize((size, size), Image.Resampling.BOX)) / 255


@pytest.mark.parametrize("size", [256, 512])
def test_black_erases_with_smooth_edges(size: int) -> None:
    """What is black becomes transparent; edges are as smooth as the mask's, without a halo."""
    disc = (256, 330, 60)
    found, before = cut(mask_of((*disc, 0)), size=size), cut(mask_of(), size=size)
    share = coverage(*disc, size)
    expected = before[..., 3] * (1 - share)
    assert np.abs(found[..., 3] - expected).mean() < 0.1
    partial = (share > 0.2) & (share < 0.8)
    assert 20 < found[..., 3][partial].mean() < 235
    assert len(np.unique(found[..., 3][partial])) > 5
    error = over(found, 0) - np.array(INK) * (found[..., 3:] / 255)
    assert np.abs(error[share > 0]).max() < 16


@pytest.mark.parametrize("size", [256, 512])
def test_white_restores(size: int) -> None:
    """What is white is opaque, in the original's colors, inside and outside of the subject."""
    hole = imaging.CutoutOptions(holes=imaging.HoleChoice.parse("cut")).holes
    corner = (60, 60, 30)
    found = cut(mask_of((*EYE, 50, 255), (*corner, 255)), size=size, holes=hole)
    for x, y, radius in ((*EYE, 44), corner):
        inside = coverage(x, y, radius - 3, size) == 1
        assert found[..., 3][inside].min() == 255
    assert np.abs(found[..., :3][coverage(*corner, size) == 1] - 255).max() == 0
    right_eye = coverage(512 - EYE[0], EYE[1], 30, size) == 1
    assert found[..., 3][right_eye].max() == 0
    rim = coverage(*corner, size)
    assert np.abs(found[..., 3] / 255 - rim)[coverage(60, 60, 36, size) > 0].max() < 0.25


@pytest.mark.parametrize(
    "mask",
    [
        mask_of(),
        mask_of(mode="L", side=1),
        encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0))),
        encoded(Image.new("LA", (64, 64), (140, 255))),
    ],
)
def test_gray_and_transparent_pixels_decide_nothing(mask: bytes) -> None:
    """Such a mask is as good as none, so an image with it equals one without."""
    assert normalized_for(OWL, mask) == b""


def test_colors_and_alpha_of_a_mask() -> None:
    """Dark colors erase and light ones restore, as far as the mask is opaque."""
    image = Image.new("RGBA", (5, 1))
    colors = [
        (0, 0, 0, 255),
        (255, 255, 255, 255),
        (0, 0, 0, 128),
        (140, 120, 130, 255),
        (9, 9, 9, 0),
    ]
    for x, color in enumerate(colors):
        image.putpixel((x, 0), color)
    with Image.open(io.BytesIO(normalized_for(OWL, encoded(image)))) as levels:
        assert np.asarray(levels).tolist() == [[0, 255, 63, 128, 128]]


@pytest.mark.parametrize("side", [16, 128, 512])
def test_mask_of_any_size_is_stretched(side: int) -> None:
    """A small mask is enlarged with edges of about a pixel, not with a blur of its own pixels."""
    found = cut(mask_of((256, 330, 64, 0), side=side))
    deviation = found[..., 3] - cut(mask_of((256, 330, 64, 0)))[..., 3]
    assert np.abs(deviation).mean() < 1.5
    row = found[165, :, 3]
    assert np.count_nonzero((row > 5) & (row < 250)) <= 10


def test_mask_does_not_change_the_numbers_of_areas() -> None:
    """Numbers stay those of the original, although the mask makes and fills areas."""
    mask = normalized_for(OWL, mask_of((256, 330, 60, 0), (*EYE, 50, 255)))
    with_mask, without = (
        imaging.cutout(OWL, options=imaging.CutoutOptions(mask=each)).report for each in (mask, b"")
    )
    assert [area.box for area in with_mask.areas] == [area.box for area in without.areas]
    assert len(without.areas) == 2


def test_images_that_are_not_cut_out_take_a_mask_too() -> None:
    """Transparent originals and photos are erased by hand, and transparent parts restored."""
    rng = np.random.default_rng(1)
    photo = encoded(Image.fromarray(rng.integers(0, 255, (256, 256, 3), np.uint8)))
    clear = encoded(Image.new("RGBA", (256, 256), (200, 0, 0, 0)))
    mask = mask_of((128, 128, 60, 0), (384, 384, 60, 255), side=256)
    for data, size, outside in ((photo, 256, 255), (photo, 300, 255), (clear, 256, 0)):
        found = cut(mask, data=data, size=size)[..., 3]
        at = [found[int(size * part), int(size * part)] for part in (0.25, 0.75, 0.5)]
        assert at == [0, 255, outside]


def test_wide_original_takes_a_mask_over_all_of_it() -> None:
    """The mask lies over the original, not over the square that the result is centered in."""
    wide = encoded(owl(512, 256))
    found = cut(encoded(Image.new("L", (256, 128))), data=wide)
    assert found[..., 3].max() == 0


@each_row(
    "mask, problem",
    [
        (b"", "must be a PNG file"),
        (b"<svg/>", "must be a PNG file"),
        (OWL[:2000], "must be a PNG file"),
        (encoded(Image.new("L", (8, 8)), "JPEG"), "must be a PNG file"),
        (bomb(), "must be a PNG file"),
        (encoded(Image.new("L", (513, 8))), "must not have more pixels"),
        (encoded(Image.new("L", (8, 513))), "must not have more pixels"),
    ],
)
def test_unusable_masks_are_refused(mask: bytes, problem: str) -> None:
    """Each names the option and what is wrong, before many pixels are decoded."""
    with pytest.raises(imaging.InvalidOption, match=problem) as caught:
        normalized_for(OWL, mask)
    assert caught.value.option == "mask"


def test_noise_is_no_mask() -> None:
    """A mask has to fit into a record, so one that is all detail is refused."""
    rng = np.random.default_rng(1)
    noise = Image.fromarray(rng.integers(0, 255, (1024, 1024), np.uint8))
    with pytest.raises(imaging.InvalidOption, match="too detailed"):
        normalize_mask(encoded(noise), width=1024, height=1024)


def test_large_masks_are_reduced() -> None:
    """A mask of the largest original is kept with 1024 px, in a few kilobytes."""
    mask = normalize_mask(mask_of((256, 256, 100, 0), side=2048), width=2048, height=2048)
    assert imaging.inspect(mask).width == 1024
    assert len(mask) < 8000


def test_damaged_mask_of_a_record_is_ignored() -> None:
    """The image is then cut out as without it."""
    assert Mask.load(b"not a PNG", np.zeros((4, 4, 3), np.uint8)) is None
