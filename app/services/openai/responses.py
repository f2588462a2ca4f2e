"""Read the bodies of responses within limits, and the tokens that a call used."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from app.errors import Charged, ProviderTimeout
from app.models import TokenUsage
from app.services.openai.body_buffer import BOM, Body, BodyBuffer

_MIN_START_BYTES = 8
_MAX_START_BYTES = 64 * 1024  # of white space before anything else
_MAX_TOKENS = 10_000_000  # per call; a larger number is treated as an error of the server


def until_deadline(chunks: Iterable[bytes], deadline: float) -> Iterator[bytes]:
    """Yield chunks until the deadline, on the monotonic clock.

    Raises:
        ProviderTimeout: the deadline has passed.
    """
    for chunk in chunks:
        yield chunk
        if time.monotonic() > deadline:
            raise ProviderTimeout("deadline", charged=Charged.UNKNOWN)


def read_start(chunks: Iterable[bytes]) -> bytes:
    """Return the first chunks of a body, without a byte order mark.

    They are enough to distinguish JSON from a stream of events.
    """
    start = b""
    for chunk in chunks:
        start = (start + chunk).removeprefix(BOM)
        if len(start.lstrip()) >= _MIN_START_BYTES or len(start) > _MAX_START_BYTES:
            break
    return start


def read_body(chunks: Iterable[bytes], *, max_bytes: int) -> Body:
    """Collect a body.

    Raises:
        ProviderBadResponse: the body exceeds a bound; its beginning is the evidence.
    """
    buffer = BodyBuffer(max_bytes=max_bytes)
    for chunk in chunks:
        buffer.add(chunk)
    return buffer.finish()


def image_usage(usage: Any) -> TokenUsage | None:
    """Read the `usage` of an image response; None if missing or invalid."""
    if not isinstance(usage, dict):
        return None
    details = usage.get("input_tokens_details")
    tokens = details if isinstance(details, dict) else {"text_tokens": usage.get("input_tokens")}
    return _token_usage(
        text_in=tokens.get("text_tokens"),
        image_in=tokens.get("image_tokens", 0),
        image_out=usage.get("output_tokens"),
    )


def text_usage(usage: Any) -> TokenUsage | None:
    """Read the `usage` of a chat completion; None if missing or invalid."""
    if not isinstance(usage, dict):
        return None
    return _token_usage(text_in=usage.get("prompt_tokens"), text_out=usage.get("completion_tokens"))


def _token_usage(**tokens: Any) -> TokenUsage | None:
    valid = all(type(count) is int and 0 <= count <= _MAX_TOKENS for count in tokens.values())
    return TokenUsage(**tokens) if valid and any(tokens.values()) else None
