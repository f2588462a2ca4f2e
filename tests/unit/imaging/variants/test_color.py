"""Adjustments and filters of color, compared with their formulas in floating point."""

from collections.abc import Callable

import numpy as np
import pytest

from app.imaging import Filter
from tests.support.images.variant_images import Floats, random_image, render
from tests.support.tables import each_row

Rule = Callable[[Floats], Floats]

IMAGE = random_image(2)
OPAQUE = IMAGE[..., 3] > 0


def by_matrix(*rows: tuple[float, ...]) -> Rule:
    """Return a rule that multiplies each color by a 3x3 matrix."""
    return lambda color: color @ np.array(rows).T


def blend(rule: Rule, amount: float) -> Rule:
    """Return a rule that applies another one in part."""
    return lambda color: (1 - amount) * color + amount * rule(color)


def luma(color: Floats) -> Floats:
    """Return the luma by the weights of ITU-R BT.709, as (h, w, 1)."""
    return np.asarray(0.2126 * color[..., :1] + 0.7152 * color[..., 1:2] + 0.0722 * color[..., 2:])


GRAY = by_matrix(*[(0.2126, 0.7152, 0.0722)] * 3)
SEPIA = by_matrix((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
DARK, LIGHT = np.array([0, 51, 102]) / 255, np.array([255, 204, 0]) / 255

ADJUSTMENTS: dict[str, tuple[float, Rule]] = {
    "brightness": (1.7, lambda c: c * 1.7),
    "contrast": (0.4, lambda c: (c - 0.5) * 0.4 + 0.5),
    "gamma": (2.2, lambda c: c ** (1 / 2.2)),
    "saturation": (0.0, by_matrix(*[(0.213, 0.715, 0.072)] * 3)),
    # The matrix that the specification gives for a quarter turn: cosine 0, sine 1.
    "hue": (90, by_matrix((0, 0, 1), (0.356, 0.855, -0.211), (-0.574, 1.43, 0.144))),
}
FILTERS: dict[str, Rule] = {
    "grayscale": GRAY,
    "grayscale:0.3": blend(GRAY, 0.3),
    "sepia": SEPIA,
    "sepia:0.6": blend(SEPIA, 0.6),
    "invert": lambda c: 1 - c,
    "invert:0.25": lambda c: 0.25 + c * 0.5,
    "solarize:100": lambda c: np.where(c * 255 >= 99.5, 1 - c, c),
    "posterize:2": lambda c: np.where(c >= 0.5, 1.0, 0.0),
    "posterize:5": lambda c: np.minimum(np.floor(c * 5), 4) / 4,
    "duotone:003366,ffcc00": lambda c: DARK + luma(c) * (LIGHT - DARK),
    "tint:ffcc00": lambda c: c * 0 + LIGHT,
    "tint:ffcc00,0.5": lambda c: (c + LIGHT) / 2,
}


def assert_follows(found: Floats, rule: Rule) -> None:
    """Compare colors with the rule, within rounding; alpha and empty pixels are unchanged."""
    expected = np.clip(rule(IMAGE[..., :3] / 255), 0, 1) * 255
    assert np.abs(found[..., :3] - expected)[OPAQUE].max() <= 0.5001
    assert (found[..., 3] == IMAGE[..., 3]).all()
    assert not found[~OPAQUE].any()


@pytest.mark.parametrize("name", ADJUSTMENTS)
def test_an_adjustment_follows_its_formula(name: str) -> None:
    """An adjustment is exact to the level for any alpha, on straight sRGB values."""
    amount, rule = ADJUSTMENTS[name]
    assert_follows(render(IMAGE, **{name: amount}).astype(float), rule)


@each_row("text", FILTERS)
def test_a_color_filter_follows_its_formula(text: str) -> None:
    """A filter is exact to the level for any alpha, also when it is applied in part."""
    found = render(IMAGE, filters=(Filter.parse(text),))
    assert_follows(found.astype(float), FILTERS[text])


def test_the_opacity_filter_scales_alpha() -> None:
    """The filter changes nothing but alpha."""
    found = render(IMAGE, filters=(Filter("opacity", (0.4,)),))
    assert np.abs(found[..., 3] - IMAGE[..., 3] * 0.4).max() <= 0.5001
    seen = found[..., 3] > 0
    assert (found[seen, :3] == IMAGE[seen, :3]).all()


def test_adjustments_and_filters_have_a_fixed_order() -> None:
    """Brightness clips before saturation applies; filters follow in the given order."""
    values = np.full((256, 256, 4), (200, 100, 50, 255))
    bright = np.minimum(np.array([200, 100, 50]) * 2, 255)
    gray = float(bright @ (0.213, 0.715, 0.072))
    found = render(values, brightness=2, saturation=0, filters=(Filter("invert"), Filter("sepia")))
    sepia = np.minimum((255 - gray) * np.array([1.351, 1.203, 0.937]), 255)
    assert np.abs(found[0, 0, :3] - sepia).max() <= 1.5
