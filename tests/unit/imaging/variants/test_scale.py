"""Lengths that are scaled to the size of the result: what is seen at one size is so at another."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app import imaging
from app.blueprints.variant_query import read_variant_request
from app.imaging import InvalidVariant, Variant
from app.imaging.variants.blur import gaussian_blur
from app.imaging.variants.layers import shadow_coverage
from app.imaging.variants.outline_shadow import Shadow
from tests.support.images.sample_images import encoded, owl
from tests.support.images.variant_images import Floats
from tests.support.tables import each_row

ORIGINAL = encoded(owl(512, 512))
IMAGE = imaging.cutout(ORIGINAL).png
ON_WHITE = "background=ffffff&scale_from=256"


def rendered(query: str, side: int) -> Floats:
    """Render a query at a side, and return it at 64 px, RGB."""
    (option,) = read_variant_request(f"{query}&w={side}").options
    source = imaging.VariantSource(ORIGINAL)
    file = imaging.render_variant(IMAGE, lambda: source, option.variant)
    with Image.open(io.BytesIO(file)) as image:
        assert image.size == (side, side)
        small = image.convert("RGB").resize((64, 64), Image.Resampling.BOX)
        return np.asarray(small, np.float64)


def difference(query: str, side: int) -> float:
    """Return the mean difference between 256 px and another size, in levels of 0..255."""
    return float(np.abs(rendered(query, 256) - rendered(query, side)).mean())


@each_row(
    "lengths",
    [
        "padding=60",
        "padding=32&outline=12,0a7a5c",
        "padding=20&shadow=30,-15,4,000000,0.8",
        "padding=20&shadow=6,12,20,a02000,0.8",
        "filter=blur:9",
        "filter=pixelate:32",
    ],
)
def test_lengths_keep_their_share_of_the_result(lengths: str) -> None:
    """Smaller and larger, it looks the same; without `scale_from` it doesn't."""
    for side in (64, 128, 512):
        assert difference(f"{lengths}&{ON_WHITE}", side) < 3, side
    assert difference(f"{lengths}&background=ffffff", 512) > 4


@each_row(
    "query, fields",
    [
        ("w=1024&scale_from=512&outline=6", {"outline": (12, (255, 255, 255))}),
        ("w=512&dpr=2&scale_from=512&padding=11", {"padding": 22}),
        ("w=1024&scale_from=1024&shadow=1,-2,3", {"shadow": (1, -2, 3, (0, 0, 0), 0.5)}),
        ("w=1024&scale_from=256&filter=sepia", {"filters": (imaging.Filter("sepia"),)}),
    ],
)
def test_the_lengths_are_those_of_the_result(query: str, fields: dict[str, Any]) -> None:
    """The same variant is written with or without `scale_from`, and cached once."""
    (option,) = read_variant_request(query).options
    assert option.variant == Variant(width=1024, height=1024, **fields)
    assert "scale" not in option.canonical


def test_ranges_hold_at_the_reference_width() -> None:
    """The largest lengths are allowed at every size, and larger ones at none."""
    largest = "padding=255&outline=64&shadow=-256,256,64&filter=blur:64&filter=pixelate:256"
    for side in (64, 512, 2048):
        (option,) = read_variant_request(f"w={side}&scale_from=512&{largest}").options
        assert option.variant.side >= 1
    with pytest.raises(InvalidVariant, match="0 to 64"):
        Variant(outline=(65, (0, 0, 0)), scale=0.5)


def test_the_widest_blurs_are_computed_on_a_smaller_image() -> None:
    """They equal the exact result: at 100 px and at 200 px of an image twice as large."""
    square = np.zeros((400, 400), np.uint16)
    square[120:260, 100:300] = 65025
    half = square[::2, ::2]
    wide, exact = gaussian_blur(square, 100.0), gaussian_blur(half, 50.0)
    assert np.abs(wide[::2, ::2].astype(float) - exact).max() < 0.01 * 65025
    cast = shadow_coverage(square, Shadow(40, -20, 100, (0, 0, 0), 1))
    same = shadow_coverage(half, Shadow(20, -10, 50, (0, 0, 0), 1))
    assert np.abs(cast[::2, ::2].astype(float) - same).max() < 0.01 * 65025


@each_row(
    "query",
    [
        "w=1024&scale_from=256&outline=64",
        "w=2048&scale_from=512&padding=200",
        "w=1024&scale_from=256&shadow=100,-256,64",
        "w=1024&scale_from=256&filter=blur:64&filter=pixelate:256",
        "w=16&filter=blur:64&outline=64&shadow=-256,256,64",
        "w=2048&h=97&padding=48",
        "w=2047&h=1&filter=blur:0.1",
    ],
)
def test_what_is_valid_as_pixels_is_valid_as_shapes(query: str) -> None:
    """SVG is drawn at a side of its own, at which ranges aren't checked again."""
    (option,) = read_variant_request(f"{query}&format=svg").options
    variant = option.variant
    drawn = variant.raster(1024)
    scale = 1024 / variant.width
    assert (drawn.format, drawn.width) == ("png", 1024)
    assert min(drawn.inner_size) >= 1
    assert abs(drawn.padding - scale * variant.padding) <= 1
    pairs: list[tuple[Any, Any]] = [
        (variant.outline, drawn.outline),
        (variant.shadow, drawn.shadow),
    ]
    pairs += [(a.values, b.values) for a, b in zip(variant.filters, drawn.filters, strict=True)]
    for before, after in pairs:
        lengths = [part * scale for part in before or () if isinstance(part, float | int)][:3]
        assert list(after or ())[: len(lengths)] == pytest.approx(lengths, abs=0.1)
