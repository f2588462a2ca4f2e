"""Parse the API's responses: images, and the tokens that a call used."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, ValidationError

from app.errors import Charged, ProviderBadResponse, ProviderTimeout
from app.models import TokenUsage

_MAX_COMMAS = 1000
"""Maximum number of commas in a response or event. Base64 contains none, and all other fields a few
dozen. JSON with millions of small values takes twenty times its size in memory when parsed."""

_MAX_TOKENS = 10_000_000  # per call; a larger number is treated as an error of the server


class ImagesPayload(BaseModel):
    """The image in a response, or in the last event of a stream.

    Pydantic decodes the base64 while it parses the JSON, which is far faster than Python's base64.
    """

    model_config = ConfigDict(val_json_bytes="base64")

    image: bytes = Field(
        validation_alias=AliasChoices(AliasPath("data", 0, "b64_json"), "b64_json"), min_length=1
    )
    usage: Any = None


class ImageUrlResponse(BaseModel):
    """The URL of an image, which some servers return instead of its bytes."""

    url: str = Field(validation_alias=AliasPath("data", 0, "url"), min_length=1)
    usage: Any = None


def parse_image_url(body: bytes) -> ImageUrlResponse | None:
    """Return the URL in a response; None if it contains none."""
    try:
        return ImageUrlResponse.model_validate_json(body)
    except ValidationError:
        return None


def check_complexity(body: bytes, what: str) -> None:
    """Refuse to parse JSON with an unreasonable number of values.

    Raises:
        ProviderBadResponse: the body has too many values; it is kept as evidence.
    """
    if body.count(b",") > _MAX_COMMAS:
        raise ProviderBadResponse(
            f"too many values in the {what}", evidence=body, charged=Charged.YES
        )


def until_deadline(chunks: Iterable[bytes], deadline: float) -> Iterator[bytes]:
    """Yield chunks until the deadline, on the monotonic clock.

    Raises:
        ProviderTimeout: the deadline has passed.
    """
    for chunk in chunks:
        yield chunk
        if time.monotonic() > deadline:
            raise ProviderTimeout("deadline", charged=Charged.UNKNOWN)


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
                "response too large", evidence=bytes(body), charged=Charged.YES
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
    return _token_usage(
        text_in=getattr(usage, "prompt_tokens", None),
        text_out=getattr(usage, "completion_tokens", None),
    )


def _token_usage(**tokens: Any) -> TokenUsage | None:
    valid = all(type(count) is int and 0 <= count <= _MAX_TOKENS for count in tokens.values())
    return TokenUsage(**tokens) if valid and any(tokens.values()) else None
