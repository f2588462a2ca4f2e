"""Validation of variants and filters, and their canonical text."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imaging import Filter, HoleChoice, InvalidVariant, Variant
from app.imaging.variants.recoloring import Recoloring
from tests.support.tables import each_row

RED, BLUE = (255, 0, 0), (0, 0, 255)


@each_row(
    "same",
    [
        {},
        {"width": 256, "height": 256, "fit": "fill"},
        {"quality": 40},
        {"brightness": 1, "gamma": 1.0004, "hue": -0.0},
        {"rotate": 180, "flip": "hv"},
        {"outline": (0, RED)},
        {"recolor": (Recoloring(RED, RED),)},
        {"shadow": (4, 4, 4, RED, 0)},
    ],
)
def test_the_plain_image_has_an_empty_text(same: dict[str, Any]) -> None:
    """Parameters that have no effect give the plain image's canonical text, which is empty."""
    assert Variant(**same).canonical() == ""


def test_the_text_is_a_sorted_query() -> None:
    """Names are sorted, filters keep their order, and numbers and colors have one form."""
    variant = Variant(
        width=512,
        height=300,
        format="webp",
        quality=70,
        background=(1, 2, 255),
        padding=10,
        contrast=1.5,
        filters=(
            Filter("sepia", (1,)),
            Filter("blur", (2.50,)),
            Filter("duotone", (RED, (0, 0, 0))),
        ),
        outline=(3, RED),
        shadow=(-2, 0.1234, 5, (0, 0, 0), 0.5),
        holes=HoleChoice("cut"),
    )
    assert variant.canonical() == (
        "background=0102ff&contrast=1.5&filter=sepia:1&filter=blur:2.5&filter=duotone:ff0000,000000"
        "&format=webp&h=300&holes=cut&outline=3,ff0000&padding=10&quality=70"
        "&shadow=-2,0.123,5,000000,0.5&w=512"
    )


@each_row(
    "one, other",
    [
        ({"flip": "v"}, {"rotate": 180, "flip": "h"}),
        ({"rotate": 90, "flip": "hv"}, {"rotate": 270}),
        ({"hue": 180}, {"hue": -180}),
        ({"format": "webp"}, {"format": "webp", "quality": 85}),
        ({"format": "ico"}, {"format": "ico", "quality": 12}),
        ({"format": "jpeg"}, {"format": "jpeg", "background": (255, 255, 255)}),
        ({"width": 300, "height": 300, "fit": "cover"}, {"width": 300, "height": 300}),
        (
            {"recolor": (Recoloring(RED, BLUE), Recoloring(BLUE, RED))},
            {"recolor": (Recoloring(BLUE, RED), Recoloring(RED, BLUE))},
        ),
        ({"filters": (Filter("blur"),)}, {"filters": (Filter("blur", (2,)),)}),
    ],
)
def test_equivalent_variants_have_the_same_text(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two sets of parameters for the same pixels have one text."""
    assert Variant(**one).canonical() == Variant(**other).canonical() != ""


def test_the_order_of_filters_makes_a_difference() -> None:
    """Inverting before sepia differs from sepia before inverting."""
    invert, sepia = Filter("invert"), Filter("sepia")
    texts = {Variant(filters=each).canonical() for each in [(invert, sepia), (sepia, invert)]}
    assert texts == {"filter=invert:1&filter=sepia:1", "filter=sepia:1&filter=invert:1"}


@each_row(
    "values, parameter, message",
    [
        ({"width": 0}, "w", "1 to 2048"),
        ({"height": 2049}, "h", "1 to 2048"),
        ({"quality": 101}, "quality", "1 to 100"),
        ({"gamma": 0.05}, "gamma", "0.1 to 4"),
        ({"contrast": float("nan")}, "contrast", "0 to 4"),
        ({"hue": float("inf")}, "hue", "-180 to 180"),
        ({"rotate": 45}, "rotate", "90"),
        ({"fit": "inside"}, "fit", "contain"),
        ({"padding": 128}, "padding", "less than half"),
        ({"format": "ico", "width": 40, "height": 40}, "w", "at least 48"),
        ({"format": "ico", "width": 400}, "h", "equal to w"),
        ({"background": (1, 2, 256)}, "background", "255"),
        ({"outline": (65, RED)}, "outline", "0 to 64"),
        ({"shadow": (0, 0, 1, RED, 1.5)}, "shadow", "0 to 1"),
        ({"filters": (Filter("sepia"),) * 9}, "filter", "8"),
    ],
)
def test_an_invalid_value_names_its_parameter_and_range(
    values: dict[str, Any], parameter: str, message: str
) -> None:
    """The error has the parameter's name in the API, and the message its range."""
    with pytest.raises(InvalidVariant) as refused:
        Variant(**values)
    assert refused.value.parameter == parameter
    assert message in str(refused.value)


@each_row(
    "text",
    ["", "x", "Blur", "blur:", "blur:1e1", "blur:+1", "blur:0", "blur:65", "blur:1,2", "blur:nan",
     "duotone", "duotone:fff", "duotone:fff,12", "tint:1", "posterize:2.5", "sepia:1:1"],
)  # fmt: skip
def test_an_invalid_filter_is_refused(text: str) -> None:
    """Unknown names and missing, surplus, malformed or out-of-range arguments are refused."""
    with pytest.raises(InvalidVariant) as refused:
        Filter.parse(text)
    assert refused.value.parameter == "filter"


@pytest.mark.parametrize(
    "text", ["blur:2.5", "duotone:001133,ffeecc", "tint:00ff00,0.5", "invert:1"]
)
def test_a_filter_parses_its_own_text(text: str) -> None:
    """Parsing the text of a filter gives an equal filter."""
    assert str(Filter.parse(text)) == text


def test_lengths_scale_with_the_pixel_ratio() -> None:
    """Lengths are scaled, amounts are not, and a length out of range is refused."""
    assert Filter("blur", (3,)).scaled(2) == Filter("blur", (6,))
    assert Filter("sharpen", (3,)).scaled(2) == Filter("sharpen", (3,))
    with pytest.raises(InvalidVariant):
        Filter("blur", (40,)).scaled(2)


BUILDERS: list[Callable[[float], Variant]] = [
    lambda v: Variant(brightness=v),
    lambda v: Variant(filters=(Filter("sharpen", (v + 0.01,)),)),
    lambda v: Variant(outline=(v, RED)),
    lambda v: Variant(shadow=(v, -v, v, RED, 0.5)),
]


@given(st.sampled_from(BUILDERS), st.floats(0, 3.9), st.floats(0, 3.9))
def test_equal_variants_have_equal_texts(
    build: Callable[[float], Variant], one: float, other: float
) -> None:
    """Text and variant are rounded alike, so one cache entry never serves two images."""
    first, second = build(one), build(other)
    assert (first == second) == (first.canonical() == second.canonical())
