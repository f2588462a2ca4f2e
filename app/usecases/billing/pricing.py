"""What calls of models cost.

The shipped prices are OpenAI's, in dollars per million tokens, which is millionths of a dollar per
token: from OpenAI's pricing page as reported on 2026-11-05, read on 2026-11-22. OPENAI_PRICES is
merged over them.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.models import TokenUsage, UpstreamRequest

Table = Mapping[str, Mapping[str, Any]]

# Output tokens of an image, by quality and size. Up to `high` they are those that OpenAI published
# for gpt-image-1, here as estimates for its successors; `xhigh` and `max` are generous guesses.
# `auto` may choose the dearest of the three that all models have.
_HIGH = {"1024x1024": 4160, "1024x1536": 6240, "1536x1024": 6208}
_OUTPUT_TOKENS = {
    "low": {"1024x1024": 272, "1024x1536": 408, "1536x1024": 400},
    "medium": {"1024x1024": 1056, "1024x1536": 1584, "1536x1024": 1568},
    "high": _HIGH,
    "auto": _HIGH,
    "xhigh": {size: 2 * tokens for size, tokens in _HIGH.items()},
    "max": {size: 4 * tokens for size, tokens in _HIGH.items()},
}
_IMAGE_MODEL = {"text_in": 5, "image_in": 8, "image_out": 30, "output_tokens": _OUTPUT_TOKENS}
SHIPPED: Table = {
    "gpt-image-2": _IMAGE_MODEL,
    "gpt-image-2.5-flare": _IMAGE_MODEL,
    "gpt-image-2.5-sunburst": _IMAGE_MODEL,
    "gpt-image-2.6-flare": _IMAGE_MODEL,
    "gpt-image-2.6-sunburst": _IMAGE_MODEL,
    "gpt-6-luna": {"text_in": 0.10, "text_out": 0.50},
}

_PARTIAL_TOKENS = 100  # output tokens of each partial image, as on the same page
_ENHANCED_TOKENS = 2048  # more than eighty words and the thought that goes before them
_INVENTED_TOKENS = 8192  # more than forty ideas of twenty words
_INVENTING_BYTES = 8192  # more than the question with the longest theme


class Prices:
    """Turns tokens into money.

    Args:
        over: prices that replace or complete the shipped ones, by model and kind of token. A dated
            version of a model begins with the prices of that model.
    """

    def __init__(self, over: Table | None = None) -> None:
        self._table = dict(SHIPPED)
        for model, reported in sorted((over or {}).items(), key=lambda item: len(item[0])):
            self._table[model] = _completed(self._prices(model), reported)

    def cost(self, model: str, usage: TokenUsage | None) -> int | None:
        """Return what that cost, to the nearest micro; None if nobody can tell."""
        exact = self._exact(model, usage)
        return None if exact is None else int(exact.quantize(Decimal(1), ROUND_HALF_UP))

    def max_image_cost(self, request: UpstreamRequest, *, more_text: int = 0) -> int | None:
        """Return an upper bound, as far as output tokens can be told; None if there is none.

        A token of text has at least one byte, so the bytes bound the tokens.

        Args:
            request: what the image model is asked.
            more_text: tokens by which the prompt may grow.
        """
        model, prompt = str(request.body["model"]), str(request.body["prompt"])
        by_quality = self._prices(model).get("output_tokens", {})
        quality = str(request.body.get("quality", "auto"))
        drawn = by_quality.get(quality, {}).get(str(request.body["size"]))
        if drawn is None:
            return None
        shown = _PARTIAL_TOKENS * int(request.body.get("partial_images", 0))
        usage = TokenUsage(text_in=_bytes(prompt) + more_text, image_out=drawn + shown)
        return self._most(model, usage)

    def knows_drawing(self, model: str) -> bool:
        """Tell whether it is known what this model draws for, and how many tokens that takes."""
        prices = self._prices(model)
        return bool(prices.get("output_tokens")) and "image_out" in prices and "text_in" in prices

    def max_enhance_cost(self, request: UpstreamRequest) -> int | None:
        """Return an upper bound; the length of the answer is guessed generously."""
        asked = _bytes(json.dumps(request.body, ensure_ascii=False))
        usage = TokenUsage(text_in=asked, text_out=_ENHANCED_TOKENS)
        return self._most(str(request.body["model"]), usage)

    def max_generation_cost(
        self, enhancing: UpstreamRequest | None, drawing: UpstreamRequest
    ) -> tuple[int | None, int | None]:
        """Return the most that the text call may cost, and the most that both may."""
        if enhancing is None:
            return 0, self.max_image_cost(drawing)
        text = self.max_enhance_cost(enhancing)
        image = self.max_image_cost(drawing, more_text=_ENHANCED_TOKENS)
        return text, total(text, image)

    def max_prompts_cost(self, model: str) -> int | None:
        """Return an upper bound of what it costs to fill a pool of prompts."""
        return self._most(model, TokenUsage(text_in=_INVENTING_BYTES, text_out=_INVENTED_TOKENS))

    def _most(self, model: str, usage: TokenUsage) -> int | None:
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
        """Return the prices of this model, or of the one of which it is a dated version."""
        if model in self._table:
            return self._table[model]
        known = [name for name in self._table if model.startswith(f"{name}-20")]
        return self._table[max(known, key=len)] if known else {}


def _completed(known: Mapping[str, Any], reported: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is known of a model, with what was told in its place, quality by quality."""
    tokens = dict(known.get("output_tokens", {}))
    for quality, by_size in reported.get("output_tokens", {}).items():
        tokens[quality] = {**tokens.get(quality, {}), **by_size}
    return {**known, **reported} | ({"output_tokens": tokens} if tokens else {})


def total(one: int | None, other: int | None) -> int | None:
    """Add what two calls cost; None if nobody knows what one of them did."""
    return None if one is None or other is None else one + other


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))
