"""Reads from OpenAI's answers how many tokens were used; what is strange counts as not told."""

from typing import Any

from app.models import TokenUsage

_MOST = 10_000_000  # tokens; a call that used more is not to be believed


def image_usage(reported: Any) -> TokenUsage | None:
    """Read the `usage` of an answer to images.generate, as parsed JSON."""
    if not isinstance(reported, dict):
        return None
    details = reported.get("input_tokens_details")
    taken = details if isinstance(details, dict) else {"text_tokens": reported.get("input_tokens")}
    return _usage(
        text_in=taken.get("text_tokens"),
        image_in=taken.get("image_tokens", 0),
        image_out=reported.get("output_tokens"),
    )


def text_usage(reported: Any) -> TokenUsage | None:
    """Read the `usage` of a chat completion."""
    return _usage(
        text_in=getattr(reported, "prompt_tokens", None),
        text_out=getattr(reported, "completion_tokens", None),
    )


def _usage(**tokens: Any) -> TokenUsage | None:
    sound = all(type(count) is int and 0 <= count <= _MOST for count in tokens.values())
    return TokenUsage(**tokens) if sound and any(tokens.values()) else None
