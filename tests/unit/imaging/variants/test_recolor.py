"""Replaced colors: exact where flat, shading and edges kept."""

from typing import Any

import numpy as np

from app.imaging.oklab import from_oklab, to_oklab
from app.imaging.variants.recolor import recolor
from app.imaging.variants.recoloring import Recoloring
from tests.support.images.variant_images import Pixels, random_image, render
from tests.support.tables import each_row

RED, WHITE, BLACK = (200, 30, 30), (255, 255, 255), (0, 0, 0)


def row(*colors: tuple[int, ...]) -> Any:
    """Return a line of pixels."""
    return np.array([[(*color, 255)[:4] for color in colors]], np.uint8)


def pairs(text: str) -> tuple[Recoloring, ...]:
    """Return the pairs in a text, separated by commas."""
    return tuple(Recoloring.parse(each) for each in text.split(","))


def replaced(image: Any, text: str) -> Pixels:
    """Return the recolored image."""
    return recolor(image, pairs(text)).astype(np.int64)


def test_every_srgb_color_survives_the_conversion() -> None:
    """To OKLab and back is exact; colors that sRGB lacks keep their lightness."""
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    every = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
    assert (from_oklab(to_oklab(every)) == every).all()
    vivid = np.array([[0.6, 0.4, 0.1], [0.3, -0.4, 0.3]], np.float32)
    assert np.allclose(to_oklab(from_oklab(vivid))[:, 0], vivid[:, 0], atol=0.02)


@each_row(
    "text, color, expected",
    [
        ("c81e1e:1e50c8", RED, (30, 80, 200)),
        ("c81e1e:ffffff", RED, WHITE),
        ("000:ff8800", BLACK, (255, 136, 0)),
        ("fff:224466", WHITE, (34, 68, 102)),
        ("888:00f", (136, 136, 136), (0, 0, 255)),
        ("c81e1e:1e50c8", WHITE, WHITE),
        ("c81e1e:1e50c8", BLACK, BLACK),
        ("c81e1e:1e50c8", (40, 160, 60), (40, 160, 60)),
        ("fff:000", (40, 160, 60), (40, 160, 60)),
        ("c81e1e:28a03c,28a03c:c81e1e", RED, (40, 160, 60)),
    ],
)
def test_flat_colors_are_replaced_exactly(
    text: str, color: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """The color itself becomes the other; white, black and other hues stay."""
    assert np.abs(replaced(row(color), text)[0, 0, :3] - expected).max() <= 1


def test_alpha_and_transparent_pixels_are_untouched() -> None:
    """Only colors of visible pixels change."""
    image = random_image(1, 64, 64).astype(np.uint8)
    found = replaced(image, "c81e1e:1e50c8,0f0:00f,888:fc0")
    assert (found[..., 3] == image[..., 3]).all()
    assert not found[image[..., 3] == 0].any()
    assert (found != image).any()


def test_shading_stays() -> None:
    """From shadow to highlight, the order of lightness and the steps between are kept."""
    lab = to_oklab(np.array([RED], np.uint8))
    shades = np.concatenate([lab * [1, 1, 1] * s for s in np.linspace(0.75, 1.0, 8)])
    image = np.dstack([from_oklab(shades)[None], np.full((1, 8), 255, np.uint8)])
    found = to_oklab(replaced(image, "c81e1e:1e50c8")[0, :, :3].astype(np.uint8))
    steps = np.diff(found[:, 0])
    assert (steps > 0.01).all()
    assert np.ptp(np.degrees(np.arctan2(found[:, 2], found[:, 1]))) < 12


def test_smooth_edges_stay_smooth() -> None:
    """Blends of the color with white or black become blends of the new color."""
    for neighbor in (WHITE, BLACK):
        pair = to_oklab(np.array([RED, neighbor], np.uint8))
        target = to_oklab(np.array([(30, 80, 200), neighbor], np.uint8))
        share = np.linspace(0.6, 1, 6)[:, None]
        blends = from_oklab(share * pair[0] + (1 - share) * pair[1])
        expected = share * target[0] + (1 - share) * target[1]
        image = np.dstack([blends[None], np.full((1, 6), 255, np.uint8)])
        found = to_oklab(replaced(image, "c81e1e:1e50c8")[0, :, :3].astype(np.uint8))
        assert np.abs(found - expected).max() < 0.06


def test_a_variant_is_recolored_before_its_filters() -> None:
    """The parameter applies to the image's own colors."""
    image = np.zeros((256, 256, 4), np.uint8)
    image[...] = (*RED, 255)
    found = render(image, recolor=pairs("c81e1e:1e50c8"), saturation=0)
    gray = render(np.full((256, 256, 4), (30, 80, 200, 255)), saturation=0)
    assert np.abs(found - gray).max() <= 1
