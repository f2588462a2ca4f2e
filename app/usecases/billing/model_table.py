"""Facts about OpenAI's models: prices, and transparent backgrounds.

Prices are in dollars per million tokens, which equals micros per token. They are from OpenAI's
pricing page as of 2026-11-05, read on 2026-11-22. The setting OPENAI_PRICES overrides them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

PriceTable = Mapping[str, Mapping[str, Any]]

# Output tokens of an image, by quality and size. Up to `high` they are those that OpenAI published
# for gpt-image-1, used as estimates for its successors; `xhigh` and `max` are generous guesses.
# `auto` may choose the most expensive of the three that all models have.
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
DEFAULT_PRICES: PriceTable = {
    "gpt-image-2": _IMAGE_MODEL,
    "gpt-image-2.5-flare": _IMAGE_MODEL,
    "gpt-image-2.5-sunburst": _IMAGE_MODEL,
    "gpt-image-2.6-flare": _IMAGE_MODEL,
    "gpt-image-2.6-sunburst": _IMAGE_MODEL,
    "gpt-6-luna": {"text_in": 0.10, "text_out": 0.50},
}

TRANSPARENT_MODELS: Mapping[str, str] = {
    "gpt-image-1": "OpenAI's API reference before 2026-10-23, when the model ended",
    "gpt-image-1-mini": "OpenAI's API reference, read on 2026-11-30; not measured",
    "gpt-image-1.5": "measured by dev.to/owen_fox on 2026-08-24",
    "gpt-image-2": "in preview: openai-python 3.54.0 of 2026-11-22; refused since 2026-09-30: "
    "measured by docs.apiyi.com on 2026-10-15",
    "gpt-image-2.5-flare": "openai-python 3.54.0 of 2026-11-22",
    "gpt-image-2.5-sunburst": "openai-python 3.54.0 of 2026-11-22",
    "gpt-image-2.6-flare": "measured by docs.apiyi.com on 2026-11-12",
    "gpt-image-2.6-sunburst": "like gpt-image-2.6-flare; not measured",
}
"""Models that accept a transparent background, with source and date.

If one refuses it after all, that costs a free request per process.
"""


def draws_transparent(model: str) -> bool:
    """Return whether a model is known to accept a transparent background."""
    return known_name(model, TRANSPARENT_MODELS) is not None


def known_name(model: str, known: Iterable[str]) -> str | None:
    """Return the name under which a model is known; None if unknown.

    A dated version, such as `gpt-image-2-2026-04-21`, is known by the name of its model.
    """
    names = [name for name in known if model == name or model.startswith(f"{name}-20")]
    return max(names, key=len) if names else None
