"""Size, position and orientation, compared with plain arithmetic."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from app.imaging import HoleChoice, Variant
from app.imaging.variants.premultiply import resize
from tests.support.images.variant_images import (
    assert_close,
    premultiplied,
    random_image,
    render,
    straight,
)
from tests.support.tables import each_row

IMAGE = random_image(1)


@pytest.mark.parametrize("side", [128, 64, 1])
def test_a_smaller_image_is_the_mean_weighted_by_alpha(side: int) -> None:
    """Each pixel is the mean of its area, to which transparent pixels contribute no color."""
    step = 256 // side
    blocks = premultiplied(IMAGE).reshape(side, step, side, step, 4)
    expected = straight(blocks.mean(axis=(1, 3)))
    assert_close(render(IMAGE, width=side, height=side), expected)


def test_fractional_scales_average_by_area() -> None:
    """An output pixel is the mean over its exact area, fractions of pixels included."""
    edges = np.linspace(0, 256, 101)
    start, end = edges[:-1, None], edges[1:, None]
    at = np.arange(256)
    share = np.clip(np.minimum(end, at + 1) - np.maximum(start, at), 0, 1) / 2.56
    expected = straight(
        np.einsum("yi,ijc,xj->yxc", share, premultiplied(IMAGE), share, optimize=True)
    )
    assert_close(render(IMAGE, width=100, height=100), expected)


def test_the_plain_variant_is_unchanged() -> None:
    """The plain variant has exactly the stored pixels."""
    assert (render(IMAGE) == IMAGE).all()


@pytest.mark.parametrize(("width", "height"), [(200, 128), (128, 200), (201, 128)])
def test_contain_centers_the_whole_square(width: int, height: int) -> None:
    """The square is as large as fits, in the center; the rest is zeros."""
    found = render(IMAGE, width=width, height=height)
    side = min(width, height)
    top, left = (height - side) // 2, (width - side) // 2
    square = render(IMAGE, width=side, height=side)
    assert (found[top : top + side, left : left + side] == square).all()
    found[top : top + side, left : left + side] = 0
    assert not found.any()


@pytest.mark.parametrize(("width", "height"), [(256, 100), (101, 256)])
def test_cover_crops_to_the_center(width: int, height: int) -> None:
    """The square fills the longer side and is cropped evenly on both sides."""
    found = render(IMAGE, width=width, height=height, fit="cover")
    top, left = (256 - height) // 2, (256 - width) // 2
    assert (found == IMAGE[top : top + height, left : left + width]).all()


def test_fill_stretches() -> None:
    """Both sides are filled, and the aspect ratio changes."""
    expected = straight(premultiplied(IMAGE).reshape(64, 4, 256, 4).mean(axis=1))
    assert_close(render(IMAGE, width=256, height=64, fit="fill"), expected)


def test_padding_is_within_the_size() -> None:
    """The image is smaller by the padding, which stays empty."""
    found = render(IMAGE, padding=64)
    assert (found[64:192, 64:192] == render(IMAGE, width=128, height=128)).all()
    found[64:192, 64:192] = 0
    assert not found.any()


@each_row("rotate", [0, 90, 180, 270])
@each_row("flip", ["", "h", "v", "hv"])
def test_the_image_is_rotated_clockwise_then_flipped(rotate: int, flip: str) -> None:
    """All sixteen combinations give the same result as Pillow."""
    image = Image.fromarray(IMAGE.astype(np.uint8)).rotate(-rotate)
    image = ImageOps.mirror(image) if "h" in flip else image
    image = ImageOps.flip(image) if "v" in flip else image
    found = render(IMAGE, rotate=rotate, flip=flip)
    assert (found == np.asarray(image)).all()


def test_enlarging_does_not_ring_or_bleed() -> None:
    """From opaque white to transparent black, the color stays white and alpha only falls."""
    half = np.zeros((256, 256, 4), int)
    half[:, :128] = 255
    found = resize(half.astype(np.uint8), 1000, 1000).astype(int)
    assert (found[found[..., 3] > 0, :3] == 255).all()
    assert (np.diff(found[500, :, 3]) <= 0).all()


def test_enlarging_adds_no_color_to_transparent_pixels() -> None:
    """Bicubic overshoot leaves no color in pixels that stay transparent."""
    found = resize(IMAGE.astype(np.uint8), 700, 700)
    assert not found[found[..., 3] == 0].any()


def test_the_original_is_needed_for_more_pixels_or_other_holes() -> None:
    """The stored image is enough up to 256 px with holes as they were cut."""
    assert not Variant(width=2048, height=256).needs_original
    assert Variant(width=2048, height=256, fit="cover").needs_original
    assert not Variant(width=400, height=400, padding=72).needs_original
    assert Variant(holes=HoleChoice("keep")).needs_original
    assert Variant(holes=HoleChoice("auto")).needs_original
    assert Variant(cutout_shadow="cut").needs_original
