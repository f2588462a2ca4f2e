"""Parse the server-sent events of a streamed image (WHATWG HTML).

A stream has any number of `image_generation.partial_image` events and one
`image_generation.completed`. Errors in a stream have status 200, so only their code identifies
them.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import Charged, ProviderBadResponse, ProviderError
from app.ports.providers import OnPartial
from app.services.openai.client import app_error
from app.services.openai.image_payload import has_traces
from app.services.openai.refusals import RefusedInBody, read_refusal
from app.services.openai.responses import charge_of, check_complexity
from app.services.runtime.failures import Failure, FailureKind

CONTENT_TYPE = "text/event-stream"
FIRST_BYTES = (b"data:", b"event:", b"id:", b"retry:", b":")
"""How a stream of events begins, whatever its content type is."""

_EVENT_END = re.compile(rb"\r?\n\r?\n")
_MAX_EVENT_END_BYTES = 4


class _EventData(BaseModel):
    """The kind and error of an event; servers differ in the names of these fields."""

    type: Any = None
    object: Any = None
    error: Any = None
    data: Any = None


class _PartialImage(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")

    partial_image_index: int = 0
    b64_json: bytes


def read_completed_event(
    chunks: Iterable[bytes], on_partial: OnPartial | None, *, max_bytes: int
) -> bytes:
    """Return the data of the event with the finished image.

    Events after it are ignored.

    Partial images that can't be parsed are skipped.

    Args:
        chunks: the body of the response, as it arrives.
        on_partial: called with each partial image.
        max_bytes: the largest event that is accepted.

    Raises:
        RefusedInBody: the model refuses the request before it draws.
        AppError: the model fails while it draws, or the stream ends without an image.
    """
    has_begun = False
    for name, data in _events(chunks, max_bytes):
        check_complexity(data, "event")
        try:
            event = _EventData.model_validate_json(data)
        except ValidationError:
            event = _EventData()
        kind = str(event.type or event.object or name)
        if kind.endswith(".completed") or (event.data and has_traces(data)):
            return data
        if event.error or kind == "error":
            raise _error_of(data, has_begun=has_begun)
        if kind.endswith(".partial_image"):
            has_begun = True
            _report_partial(data, on_partial)
    raise ProviderError("the stream ended without an image", charged=Charged.UNKNOWN)


def _report_partial(data: bytes, on_partial: OnPartial | None) -> None:
    if on_partial is None:
        return
    try:
        partial = _PartialImage.model_validate_json(data)
    except ValidationError:
        return
    on_partial(partial.partial_image_index, partial.b64_json)


def _error_of(data: bytes, *, has_begun: bool) -> Exception:
    """Return the error of an event. Once drawing has begun, it is no refusal of the request."""
    refusal = read_refusal(200, data.decode(errors="replace"))
    if not has_begun:
        return RefusedInBody(refusal)
    kind = FailureKind.SERVER_ERROR if refusal.kind is FailureKind.REJECTED else refusal.kind
    detail = f"error event, code {refusal.label or None}"
    return app_error(Failure(kind=kind, detail=detail, code=kind), Charged.UNKNOWN)


def _events(chunks: Iterable[bytes], max_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield the name and data of each event.

    The last event may lack its final blank line.
    """
    buffer = bytearray()
    for chunk in chunks:
        searched = max(len(buffer) - _MAX_EVENT_END_BYTES, 0)
        buffer += chunk
        while end := _EVENT_END.search(buffer, searched):
            yield _parse_event(bytes(buffer[: end.start()]))
            del buffer[: end.end()]
            searched = 0
        if len(buffer) > max_bytes:
            raise ProviderBadResponse(
                "event too large", evidence=bytes(buffer), charged=charge_of(buffer)
            )
    yield _parse_event(bytes(buffer))


def _parse_event(text: bytes) -> tuple[str, bytes]:
    name, data = "", []
    for line in text.splitlines():
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.decode(errors="replace").strip()
    return name, b"\n".join(data)
