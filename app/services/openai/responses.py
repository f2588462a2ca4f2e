"""Read the bodies of responses within limits, and the tokens that a call used."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from app.errors import Charged, ProviderBadResponse, ProviderTimeout
from app.models import TokenUsage
from app.services.openai.image_payload import BOM, has_traces

_MAX_COMMAS = 1000
"""Maximum number of commas in a response or event. Base64 contains none, and all other fields a few
dozen. JSON with millions of small values takes twenty times its size in memory when parsed."""

_MIN_START_BYTES = 8
_MAX_TOKENS = 10_000_000  # per call; a larger number is treated as an error of the server


def check_complexity(body: bytes, what: str) -> None:
    """Refuse to parse JSON with an unreasonable number of values.

    Raises:
        ProviderBadResponse: the body has too many values; it is kept as evidence.
    """
    if body.count(b",") > _MAX_COMMAS:
        raise ProviderBadResponse(
            f"too many values in the {what}", evidence=body, charged=charge_of(body)
        )


def charge_of(body: bytes | bytearray) -> Charged:
    """Return whether a response that can't be used was charged for.

    It certainly was if it has an image or used tokens; nothing else in it proves the opposite.
    """
    return Charged.YES if has_traces(body) else Charged.UNKNOWN


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
        if len(start.lstrip()) >= _MIN_START_BYTES:
            break
    return start


def read_body(chunks: Iterable[bytes], *, max_bytes: int) -> bytes:
    """Join the chunks of a body.

    Raises:
        ProviderBadResponse: the body is larger than `max_bytes`; its beginning is the evidence.
    """
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise ProviderBadResponse(
                "response too large", evidence=bytes(body), charged=charge_of(body)
            )
    return bytes(body)


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
