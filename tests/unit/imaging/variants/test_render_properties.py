"""Any valid variant is rendered."""

import io
from typing import Any, get_args

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from app import imaging
from app.imaging import Filter, HoleChoice, Variant
from app.imaging.variants.filters import FILTERS
from app.imaging.variants.outline_shadow import OFFSET
from app.imaging.variants.recoloring import Recoloring
from app.imaging.variants.variant import RANGES, Fit, Flip
from tests.support.images.sample_images import encoded, owl

ORIGINAL = encoded(owl(600, 600))
IMAGE = imaging.cutout(ORIGINAL).png
COLORS = st.tuples(*[st.integers(0, 255)] * 3)


def _numbers(name: str) -> st.SearchStrategy[float]:
    limits = RANGES[name]
    if limits.whole:
        return st.integers(int(limits.low), int(limits.high))
    return st.floats(limits.low, limits.high)


def _filters() -> st.SearchStrategy[Filter]:
    each = []
    for name, arguments in FILTERS.items():
        values = [
            COLORS if a.range is None
            else st.integers(int(a.range.low), int(a.range.high)) if a.range.whole
            else st.floats(a.range.low, a.range.high)
            for a in arguments
        ]  # fmt: skip
        each.append(st.builds(Filter, st.just(name), st.tuples(*values)))
    return st.one_of(each)


PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        **{name: _numbers(name) for name in RANGES if name not in {"width", "height", "padding"}},
        "width": st.integers(1, 400),
        "height": st.integers(1, 400),
        "padding": st.integers(0, 100),
        "fit": st.sampled_from(get_args(Fit)),
        "format": st.sampled_from(["png", "webp", "avif", "jpeg"]),
        "flip": st.sampled_from(get_args(Flip)),
        "rotate": st.sampled_from([0, 90, 180, 270]),
        "holes": st.sampled_from(["auto", "keep", "cut", "keep:1", "keep:2;cut:1"]).map(
            HoleChoice.parse
        ),
        "background": COLORS,
        "recolor": st.lists(
            st.builds(Recoloring, COLORS, COLORS), max_size=3, unique_by=lambda pair: pair.source
        ).map(tuple),
        "filters": st.lists(_filters(), max_size=3).map(tuple),
        "outline": st.tuples(st.floats(0, 64), COLORS),
        "shadow": st.tuples(
            st.floats(OFFSET.low, OFFSET.high), st.floats(OFFSET.low, OFFSET.high),
            st.floats(0, 64), COLORS, st.floats(0, 1),
        ),
    },
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(PARAMETERS)
def test_any_variant_gives_a_file_of_its_format_and_size(parameters: dict[str, Any]) -> None:
    """All parameters within their ranges give a file of the variant's format and size."""
    sides = parameters.get("width", 256), parameters.get("height", 256)
    assume(2 * parameters.get("padding", 0) < min(sides))
    variant = Variant(**parameters)
    file = imaging.render_variant(IMAGE, lambda: imaging.VariantSource(ORIGINAL), variant)
    with Image.open(io.BytesIO(file)) as image:
        assert f"image/{str(image.format).lower()}" == variant.content_type
        assert image.size == (variant.width, variant.height)
        found = np.asarray(image.convert("RGBA"))
    if variant.background is not None or variant.format == "jpeg":
        assert (found[..., 3] == 255).all()
    if variant.format == "png":
        assert not found[found[..., 3] == 0].any()
