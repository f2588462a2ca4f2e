"""Prices: defaults, overrides, dated versions of models, and rounding."""

from dataclasses import replace
from functools import partial
from typing import Any

from app.models import TokenUsage, UpstreamRequest
from app.usecases.billing.pricing import Prices


def max_cost_of_a_fox(prices: Prices, model: str, quality: str, size: str) -> int | None:
    """Return the maximum cost of an image of a fox, in micros."""
    body = {"model": model, "prompt": "A fox", "quality": quality, "size": size}
    request = UpstreamRequest(method="POST", path="/images/generations", body=body)
    return prices.max_image_cost(request)


def test_dated_model_has_the_prices_of_its_longest_known_name() -> None:
    """A date after a known name changes nothing; with another suffix the cost is unknown."""
    prices = Prices({"m": {"image_out": 1}, "m-2026": {"image_out": 2}})
    usage = TokenUsage(image_out=10)
    assert prices.cost("m-2026-01-01", usage) == 10
    assert prices.cost("m-2026-20261101", usage) == 20
    assert prices.cost("m-mini", usage) is None
    assert prices.cost("gpt-image-2.6-flare-2026-11-01", usage) == 300


def test_overrides_complete_the_default_prices() -> None:
    """One overridden price or number of tokens leaves all others unchanged."""
    dated = "gpt-image-2.6-flare-2026-11-01"
    overrides: dict[str, dict[str, Any]] = {
        dated: {"image_out": 35},
        "gpt-image-2.6-flare": {"output_tokens": {"medium": {"1024x1024": 900}}},
    }
    prices = Prices(overrides)
    assert prices.cost(dated, TokenUsage(text_in=1, image_out=1)) == 40
    for model, price in ((dated, 35), ("gpt-image-2.6-flare", 30)):
        max_cost = partial(max_cost_of_a_fox, prices, model)
        assert max_cost("medium", "1024x1024") == 5 * len("A fox") + price * 900
        assert max_cost("medium", "1536x1024") == 5 * len("A fox") + price * 1372
        assert max_cost("high", "1024x1024") == 5 * len("A fox") + price * 1756


def test_images_that_are_given_count_by_their_size() -> None:
    """Each begun million pixels counts in full; without a price of input, the cost is unknown."""
    body = {"model": "gpt-image-2.6-flare", "prompt": "A fox", "quality": "low", "size": "32x32"}
    plain = UpstreamRequest(method="POST", path="/images/edits", body=body)
    prices = Prices()
    alone = prices.max_image_cost(plain)
    assert alone is not None
    for sizes, squares in ((((1024, 1024),), 1), (((64, 64), (1025, 1024)), 3)):
        request = replace(plain, input_sizes=sizes)
        assert prices.max_image_cost(request) == alone + squares * 2200 * 8
    priced = Prices({"m": {"text_in": 1, "image_out": 1, "output_tokens": {"low": {"32x32": 5}}}})
    other = replace(plain, body={**body, "model": "m"})
    assert priced.max_image_cost(other) == 10
    assert priced.max_image_cost(replace(other, input_sizes=((64, 64),))) is None


def test_cost_is_rounded_to_the_nearest_micro() -> None:
    """Halves are rounded up; tokens without a price make the cost unknown."""
    prices = Prices({"m": {"text_in": 0.1}})
    assert [prices.cost("m", TokenUsage(text_in=n)) for n in (4, 5, 14, 15)] == [0, 1, 1, 2]
    assert prices.cost("m", TokenUsage(text_in=1, text_out=1)) is None
