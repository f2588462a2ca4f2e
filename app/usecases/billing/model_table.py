"""Facts about OpenAI's models: prices, image tokens, durations, transparent backgrounds.

`model_facts.toml` has the first three, with their sources. Prices are in dollars per million
tokens, which equals micros per token. The setting OPENAI_PRICES overrides them.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PriceTable = Mapping[str, Mapping[str, Any]]

FACTS: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_name("model_facts.toml").read_text(encoding="utf-8")
)
MOST_IMAGE_TOKENS: int = FACTS["most_image_tokens"]["tokens"]
"""The most output tokens that are documented for one image."""

DEFAULT_PRICES: PriceTable = {
    model: {kind: row[kind] for kind in row.keys() - {"models", "source", "read"}}
    for row in FACTS["prices"]
    for model in row["models"]
}


@dataclass(frozen=True)
class ImageTokens:
    """The output tokens of a model's images.

    Attributes:
        patches: on the longer side of an image, by quality.
    """

    patches: Mapping[str, int]

    def of(self, quality: str, size: str) -> int:
        """Return the tokens of an image; the most that is documented if they are unknown."""
        longer = self.patches.get(quality)
        width, _, height = size.partition("x")
        if longer is None or not (width.isdecimal() and height.isdecimal()):
            return MOST_IMAGE_TOKENS
        short, long = sorted((int(width), int(height)))
        area = longer * round(longer * short / max(long, 1))
        return math.ceil(area * (2_000_000 + short * long) / 4_000_000)


IMAGE_TOKENS: Mapping[str, ImageTokens] = {
    model: ImageTokens(row["patches"]) for row in FACTS["image_tokens"] for model in row["models"]
}

_INPUT_TOKENS: Mapping[str, int] = FACTS["input_tokens"]


def max_input_tokens(size: tuple[int, int]) -> int:
    """Return the most tokens of an image that is given to a model, by its width and height."""
    width, height = size
    squares = -(-width * height // _INPUT_TOKENS["square_pixels"])
    return max(squares, 1) * _INPUT_TOKENS["tokens_per_square"]


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
