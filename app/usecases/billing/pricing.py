"""Compute the cost of model calls, in micros (millionths of a US dollar)."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.models import TokenUsage, UpstreamRequest
from app.models.prompts import (
    MAX_ENHANCEMENT_BYTES,
    MAX_ENHANCING_TOKENS,
    MAX_INVENTING_TOKENS,
)
from app.usecases.billing.model_table import (
    DEFAULT_PRICES,
    IMAGE_TOKENS,
    PriceTable,
    known_name,
    max_input_tokens,
)

_PARTIAL_TOKENS = 100  # output tokens of each partial image, from the page of the prices
_PROMPTS_INPUT_BYTES = 8192  # more than the request with the longest theme


class Prices:
    """Computes the cost of tokens.

    Args:
        overrides: prices that replace or complete the default ones, by model and kind of token. A
            dated version of a model inherits the prices of that model.
    """

    def __init__(self, overrides: PriceTable | None = None) -> None:
        self._table = dict(DEFAULT_PRICES)
        for model, prices in sorted((overrides or {}).items(), key=lambda item: len(item[0])):
            self._table[model] = _merged(self._prices(model), prices)

    def cost(self, model: str, usage: TokenUsage | None) -> int | None:
        """Return the cost of a call, to the nearest micro; None if unknown."""
        exact = self._exact(model, usage)
        return None if exact is None else int(exact.quantize(Decimal(1), ROUND_HALF_UP))

    def max_image_cost(self, request: UpstreamRequest, *, more_text: int = 0) -> int | None:
        """Return the maximum cost of an image; None if unknown.

        A token of text has at least one byte, so the number of bytes bounds that of tokens.

        Args:
            request: the request to the image model.
            more_text: the number of tokens by which the prompt may grow.
        """
        model, prompt = str(request.body["model"]), str(request.body["prompt"])
        quality, size = str(request.body.get("quality", "auto")), str(request.body["size"])
        image_tokens = self._image_tokens(model, quality, size)
        if image_tokens is None:
            return None
        partial_tokens = _PARTIAL_TOKENS * int(request.body.get("partial_images", 0))
        usage = TokenUsage(
            text_in=_bytes(prompt) + more_text,
            image_in=sum(map(max_input_tokens, request.input_sizes)),
            image_out=image_tokens + partial_tokens,
        )
        return self._max_cost(model, usage)

    def has_image_prices(self, model: str) -> bool:
        """Return whether the maximum cost of this model's images is known."""
        prices = self._prices(model)
        has_tokens = prices.get("output_tokens") or known_name(model, IMAGE_TOKENS)
        return bool(has_tokens) and "image_out" in prices and "text_in" in prices

    def max_enhance_cost(self, request: UpstreamRequest) -> int | None:
        """Return the maximum cost of enhancing, whose request limits the output."""
        text_in = _bytes(json.dumps(request.body, ensure_ascii=False))
        usage = TokenUsage(text_in=text_in, text_out=MAX_ENHANCING_TOKENS)
        return self._max_cost(str(request.body["model"]), usage)

    def max_generation_cost(
        self, text_request: UpstreamRequest | None, image_request: UpstreamRequest
    ) -> tuple[int | None, int | None]:
        """Return the maximum cost of the text call, and of both calls together."""
        if text_request is None:
            return 0, self.max_image_cost(image_request)
        text = self.max_enhance_cost(text_request)
        image = self.max_image_cost(image_request, more_text=MAX_ENHANCEMENT_BYTES)
        return text, add_costs(text, image)

    def max_prompts_cost(self, model: str) -> int | None:
        """Return the maximum cost of writing a pool of prompts; None if unknown."""
        return self._max_cost(
            model, TokenUsage(text_in=_PROMPTS_INPUT_BYTES, text_out=MAX_INVENTING_TOKENS)
        )

    def _image_tokens(self, model: str, quality: str, size: str) -> int | None:
        """Return the tokens to expect of an image, from the setting or the model's facts."""
        stated = self._prices(model).get("output_tokens", {}).get(quality, {}).get(size)
        known = known_name(model, IMAGE_TOKENS)
        if stated is not None or known is None:
            return None if stated is None else int(stated)
        return IMAGE_TOKENS[known].of(quality, size)

    def _max_cost(self, model: str, usage: TokenUsage) -> int | None:
        exact = self._exact(model, usage)
        return None if exact is None else math.ceil(exact)

    def _exact(self, model: str, usage: TokenUsage | None) -> Decimal | None:
        if usage is None:
            return None
        prices, cost = self._prices(model), Decimal(0)
        for kind, tokens in asdict(usage).items():
            if tokens and prices.get(kind) is None:
                return None
            cost += tokens * Decimal(str(prices.get(kind) or 0))
        return cost if prices else None

    def _prices(self, model: str) -> Mapping[str, Any]:
        """Return a model's prices; a dated version has those of its model."""
        name = known_name(model, self._table)
        return {} if name is None else self._table[name]


def _merged(known: Mapping[str, Any], overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    """Merge prices of a model, and output tokens quality by quality."""
    tokens = dict(known.get("output_tokens", {}))
    for quality, by_size in overrides.get("output_tokens", {}).items():
        tokens[quality] = {**tokens.get(quality, {}), **by_size}
    return {**known, **overrides} | ({"output_tokens": tokens} if tokens else {})


def add_costs(one: int | None, other: int | None) -> int | None:
    """Return the cost of both calls; None if that of either is unknown."""
    return None if one is None or other is None else one + other


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))
