"""Which models are known to draw on a transparent background."""

import pytest

from app.usecases.billing.model_table import (
    DEFAULT_PRICES,
    TRANSPARENT_MODELS,
    draws_transparent,
    known_name,
)


@pytest.mark.parametrize("model", [*TRANSPARENT_MODELS, "gpt-image-2.5-flare-2026-09-08"])
def test_known_models_draw_transparent(model: str) -> None:
    """The models of the table do, and their dated versions."""
    assert draws_transparent(model)


@pytest.mark.parametrize(
    "model", ["dall-e-3", "my-deployment", "gpt-image-2-mini", "gpt-image", "gpt-image-1.5-mini"]
)
def test_other_models_are_not_asked(model: str) -> None:
    """A model that is only named like one of the table is unknown."""
    assert not draws_transparent(model)


def test_each_image_model_with_a_price_is_known() -> None:
    """The tables of prices and of backgrounds have the same current image models."""
    images = {name for name, prices in DEFAULT_PRICES.items() if "image_out" in prices}
    assert images <= set(TRANSPARENT_MODELS)


def test_the_longest_name_wins() -> None:
    """A dated version is known by its most specific name."""
    known = ["gpt-image-2", "gpt-image-2-2026-04-21"]
    assert known_name("gpt-image-2-2026-04-21", known) == "gpt-image-2-2026-04-21"
    assert known_name("gpt-image-2-2026-10-01", known) == "gpt-image-2"
    assert known_name("gpt-image-3", known) is None
