"""From one pixel to the largest image that is accepted, in every shape."""

import pytest
from PIL import Image

from app import imaging
from tests.support.images.sample_images import INK, encoded, owl, pixels

SHAPES = [(1, 1), (2, 3), (1, 300), (300, 1), (1, 4096), (4096, 1), (8_000_000, 1), (1, 2_000_000)]


@pytest.mark.parametrize(("width", "height"), SHAPES)
def test_an_extreme_shape_gives_a_square(width: int, height: int) -> None:
    """One pixel, and lines of any length, are fitted into the square like all others."""
    blank = imaging.cutout(encoded(Image.new("RGB", (width, height), "white")))
    assert not pixels(blank.png).any()
    assert blank.report.verdict == "bad"


@pytest.mark.parametrize(("width", "height"), SHAPES[:-2])
def test_an_extreme_shape_keeps_its_alpha(width: int, height: int) -> None:
    """A see-through line is as opaque as it was, and one pixel thick at least."""
    found = pixels(imaging.cutout(encoded(Image.new("RGBA", (width, height), (*INK, 90)))).png)
    shown = found[found[..., 3] > 0]
    assert abs(shown - (*INK, 90)).max() <= 1
    sides = [max(1, round(256 * side / max(width, height))) for side in (width, height)]
    assert len(shown) == sides[0] * sides[1]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_largest_image_is_cut(kind: str) -> None:
    """3840x2160 pixels, in any format, are cut and centred like a small image."""
    large = owl(960, 540).resize((3840, 2160), Image.Resampling.NEAREST)
    options = {"compress_level": 1} if kind == "PNG" else {"quality": 90}
    found = pixels(imaging.cutout(encoded(large, kind, **options), holes="keep").png)[..., 3]
    expected = pixels(imaging.cutout(encoded(owl(960, 540)), holes="keep").png)[..., 3]
    assert abs(found - expected).mean() <= 0.5
