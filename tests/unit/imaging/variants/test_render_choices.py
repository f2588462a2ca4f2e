"""Variants that decide about enclosed areas, and those of images with stored options."""

import re
from functools import cache
from typing import Literal

import pytest
from PIL import Image

from app import imaging
from app.imaging import CutoutOptions, HoleChoice, InvalidVariant, Variant, VariantSource
from app.imaging.cutout.options import ShadowMode
from tests.support.images.panel import opacities, panel
from tests.support.images.sample_images import choose, encoded
from tests.support.images.variant_images import decode
from tests.support.tables import each_row

ORIGINAL = panel(scale=2)
SIDES = (128, 256, 300, 512, 1024)


@cache
def cut_out(original: bytes, options: CutoutOptions) -> bytes:
    """Return the cutout, which all sizes of a variant start from."""
    return imaging.cutout(original, options=options).png


def rendered(side: int, *, holes: str = "", stored: str = "auto") -> list[int]:
    """Return the alpha in the center of each area, in a variant of this size.

    Args:
        side: px.
        holes: the choice in the query; "" for none.
        stored: the choice that the image was cut out with.
    """
    options = choose(stored)
    image = cut_out(ORIGINAL, options)
    choice = HoleChoice.parse(holes) if holes else None
    variant = Variant(width=side, height=side, holes=choice)
    file = imaging.render_variant(image, lambda: VariantSource(ORIGINAL, options), variant)
    return opacities(decode(file))


@each_row("side", SIDES)
@each_row(
    "holes, expected",
    [
        ("keep", [255, 255, 255, 255]),
        ("cut", [0, 0, 0, 0]),
        ("keep:1,3;cut:2,4", [255, 0, 255, 0]),
        ("keep:2,4;cut:1,3", [0, 255, 0, 255]),
    ],
)
def test_a_number_names_the_same_area_at_every_size(
    side: int, holes: str, expected: list[int]
) -> None:
    """Each choice gives the same image in all sizes."""
    assert rendered(side, holes=holes) == expected


@pytest.mark.parametrize("side", SIDES)
def test_large_variants_show_what_was_stored(side: int) -> None:
    """Variants above the stored size are cut out with the image's own options."""
    assert rendered(side, stored="keep:2,4;cut:1,3") == [0, 255, 0, 255]


@pytest.mark.parametrize("side", SIDES)
def test_a_choice_in_the_query_replaces_the_stored_one(side: int) -> None:
    """The stored choice has no effect then, not even on areas that the query doesn't name."""
    assert rendered(side, holes="cut", stored="keep") == [0, 0, 0, 0]
    automatic = rendered(side)
    assert rendered(side, holes="auto", stored="keep:1,3;cut:2,4") == automatic
    flipped = "cut" if automatic[0] else "keep"
    chosen = rendered(side, holes=f"{flipped}:1", stored="keep:2,3,4")
    assert chosen == [255 - automatic[0], *automatic[1:]]


@each_row("side", [256, 512])
@each_row(
    "original, problem",
    [
        (ORIGINAL, "names area 5, but this image has only the enclosed areas 1 to 4"),
        (encoded(Image.new("RGB", (64, 64), "white")), "has no enclosed areas"),
        (encoded(Image.new("RGBA", (600, 600), (9, 9, 9, 99))), "has no enclosed areas"),
    ],
)
def test_a_query_must_name_areas_of_the_image(side: int, original: bytes, problem: str) -> None:
    """The error states which areas there are."""
    variant = Variant(width=side, height=side, holes=HoleChoice(keep=(1,), cut=(5,)))
    image = cut_out(original, CutoutOptions())
    with pytest.raises(InvalidVariant, match=re.escape(problem)) as caught:
        imaging.render_variant(image, lambda: VariantSource(original), variant)
    assert caught.value.parameter == "holes"


@pytest.mark.parametrize("side", [256, 512])
def test_stored_numbers_without_an_area_are_ignored(side: int) -> None:
    """A later version may find fewer areas; its variants must not fail for that."""
    options = CutoutOptions(holes=HoleChoice(keep=(9,)))
    image = cut_out(ORIGINAL, options)
    variant = Variant(width=side, height=side, cutout_shadow="cut")
    imaging.render_variant(image, lambda: VariantSource(ORIGINAL, options), variant)


def test_options_in_the_query_replace_single_stored_ones() -> None:
    """Without a parameter, all stored options apply."""
    stored = CutoutOptions(holes=HoleChoice("keep"), shadow="keep", tolerance=3, subject="owl")
    assert Variant().cutout_options(stored) == stored
    chosen = Variant(holes=HoleChoice("cut"), cutout_shadow="cut").cutout_options(stored)
    assert chosen == CutoutOptions(holes=HoleChoice("cut"), tolerance=3, subject="owl")


@pytest.mark.parametrize("side", [256, 512])
def test_shadows_are_kept_or_cut_at_every_size(side: int) -> None:
    """The query decides about the shadow in the original; without it, the stored option does."""
    original, place = panel(shadow=True), (452 * side // 512, side // 2)

    def shade(stored: ShadowMode, chosen: ShadowMode | Literal[""]) -> list[int]:
        options = CutoutOptions(shadow=stored)
        image = cut_out(original, options)
        variant = Variant(width=side, height=side, cutout_shadow=chosen)
        file = imaging.render_variant(image, lambda: VariantSource(original, options), variant)
        rgba: list[int] = decode(file)[place].tolist()
        return rgba

    kept = shade("cut", "keep")
    assert 20 < kept[3] < 200
    assert max(kept[:3]) < 20
    assert shade("keep", "") == kept
    assert shade("cut", "") == shade("keep", "cut") == [0, 0, 0, 0]
