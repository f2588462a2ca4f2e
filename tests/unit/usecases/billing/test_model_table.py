"""What is known of OpenAI's models."""

from datetime import date

import pytest

from app.usecases.billing.model_table import (
    DEFAULT_PRICES,
    FACTS,
    IMAGE_TOKENS,
    MOST_IMAGE_TOKENS,
    TRANSPARENT_MODELS,
    draws_transparent,
    known_name,
)
from tests.support.tables import each_row


@each_row("model", [*TRANSPARENT_MODELS, "gpt-image-2.5-flare-2026-09-08"])
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


SQUARE, WIDE, TALL = "1024x1024", "1536x1024", "1024x1536"
# Output tokens that were published or measured, by model, quality and size.
OBSERVED = [
    ("gpt-image-2", "low", SQUARE, 196),
    ("gpt-image-2", "medium", SQUARE, 1756),
    ("gpt-image-2", "high", SQUARE, 7024),
    ("gpt-image-2", "low", WIDE, 158),
    ("gpt-image-2", "medium", WIDE, 1372),
    ("gpt-image-2", "high", WIDE, 5488),
    ("gpt-image-2.5-flare", "low", SQUARE, 196),
    ("gpt-image-2.5-flare", "medium", SQUARE, 439),
    ("gpt-image-2.5-flare", "high", SQUARE, 1756),
    ("gpt-image-2.5-flare", "xhigh", SQUARE, 3122),
    ("gpt-image-2.5-flare", "max", SQUARE, 7024),
]
# Single runs, which an estimate has to cover.
MEASURED = [
    ("gpt-image-2.6-flare", "low", WIDE, 664),
    ("gpt-image-2.6-flare", "high", WIDE, 1353),
    ("gpt-image-2.6-flare", "high", "3840x2160", 3336),
    ("gpt-image-2.6-flare", "medium", SQUARE, 4 * 439),
    ("gpt-image-2.6-flare", "low", SQUARE, 4 * 196),
    ("gpt-image-2.6-flare", "auto", SQUARE, 5800),
    ("gpt-image-2.6-flare", "auto", WIDE, 5800),
    ("gpt-image-2.5-sunburst", "auto", TALL, 5800),
]


@each_row("model, quality, size, tokens", OBSERVED)
def test_the_formula_gives_the_published_tokens(
    model: str, quality: str, size: str, tokens: int
) -> None:
    """Each published number of tokens is computed exactly, at both orientations."""
    width, height = size.split("x")
    assert IMAGE_TOKENS[model].of(quality, size) == tokens
    assert IMAGE_TOKENS[model].of(quality, f"{height}x{width}") == tokens


@each_row("model, quality, size, tokens", MEASURED)
def test_an_estimate_covers_what_was_measured(
    model: str, quality: str, size: str, tokens: int
) -> None:
    """No image that was measured had more tokens than are reserved for it."""
    assert IMAGE_TOKENS[model].of(quality, size) >= tokens


@each_row("model", IMAGE_TOKENS)
@each_row("quality", ["auto", "", "standard", "ultra"])
@each_row("size", [SQUARE, WIDE, TALL, "auto", "", "x", "1024", "-1x5", "1.5x2"])
def test_the_unknown_is_estimated_at_the_most_that_is_documented(
    model: str, quality: str, size: str
) -> None:
    """An unknown quality or size counts as the most expensive known image."""
    assert IMAGE_TOKENS[model].of(quality, size) == MOST_IMAGE_TOKENS
    assert max(tokens for *_, tokens in OBSERVED) <= MOST_IMAGE_TOKENS


def test_each_fact_has_a_source_and_a_date() -> None:
    """Each row of the data file states its source, and when it was read."""
    tables = [FACTS[name] for name in ("prices", "image_tokens", "durations")]
    rows = [row for table in tables for row in table]
    rows += [FACTS["most_image_tokens"], FACTS["other_durations"]]
    for row in rows:
        assert row["source"]
        assert isinstance(row["read"], date)


def test_each_model_with_image_prices_has_image_tokens() -> None:
    """The tables of prices and of tokens have the same image models."""
    images = {name for name, prices in DEFAULT_PRICES.items() if "image_out" in prices}
    assert images == set(IMAGE_TOKENS)
