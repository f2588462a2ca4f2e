"""Reads the events that an image model sends while it draws (server-sent events, WHATWG HTML).

Events come as `image_generation.partial_image`, any number of times, and one
`image_generation.completed`. Errors come with status 200 here: only their code says what they are.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import AppError, Charged, ProviderBadResponse, ProviderError
from app.ports.providers import OnPartial
from app.services.openai.client import refusal

CONTENT_TYPE = "text/event-stream"

MAX_COMMAS = 1000
"""In an answer or an event. Base64 has none, and the rest has a few dozen; millions of small values
in JSON would take twenty times their length in memory."""

_EVENT_END = re.compile(rb"\r?\n\r?\n")
_MAX_END = 4  # bytes
_MAX_CODE = 64


class _Event(BaseModel):
    """What is read of an event. Errors are told as `{"error": {...}}`, or flat."""

    type: Any = None
    error: Any = None
    code: Any = None


class _Partial(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")

    partial_image_index: int = 0
    b64_json: bytes


def completed(chunks: Iterable[bytes], on_partial: OnPartial | None, *, most_bytes: int) -> bytes:
    """Return the JSON of the event that brings the whole image; what comes later is not read.

    A partial image that can't be read is left out.

    Args:
        chunks: the body of the answer, as it arrives.
        on_partial: hears of partial images.
        most_bytes: that one event may have.

    Raises:
        AppError: the model refuses, fails, or ends without an image.
    """
    for name, data in _events(chunks, most_bytes):
        if data.count(b",") > MAX_COMMAS:
            raise ProviderBadResponse("event of too many parts", evidence=data, charged=Charged.YES)
        try:
            event = _Event.model_validate_json(data)
        except ValidationError:
            event = _Event()
        kind = str(event.type or name)
        if kind.endswith(".completed"):
            return data
        if event.error or kind == "error":
            raise _failure(event)
        if kind.endswith(".partial_image") and on_partial:
            _show(data, on_partial)
    raise ProviderError("the stream ended without an image", charged=Charged.UNKNOWN)


def _show(data: bytes, on_partial: OnPartial) -> None:
    try:
        partial = _Partial.model_validate_json(data)
    except ValidationError:
        return
    on_partial(partial.partial_image_index, partial.b64_json)


def _failure(event: _Event) -> AppError:
    reported = event.error if isinstance(event.error, dict) else {"code": event.code}
    code = str(reported.get("code"))[:_MAX_CODE]
    detail = f"error event, code {code}"
    return refusal(code, reported.get("type"), detail) or ProviderError(
        detail, charged=Charged.UNKNOWN
    )


def _events(chunks: Iterable[bytes], most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the data of each event, of the last one also if its end is missing."""
    held = bytearray()
    for chunk in chunks:
        looked_at = max(len(held) - _MAX_END, 0)
        held += chunk
        while end := _EVENT_END.search(held, looked_at):
            yield _event(bytes(held[: end.start()]))
            del held[: end.end()]
            looked_at = 0
        if len(held) > most_bytes:
            raise ProviderBadResponse("event too large", evidence=bytes(held), charged=Charged.YES)
    yield _event(bytes(held))


def _event(text: bytes) -> tuple[str, bytes]:
    name, data = "", []
    for line in text.splitlines():
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.decode(errors="replace").strip()
    return name, b"\n".join(data)
