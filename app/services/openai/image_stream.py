"""Parse the server-sent events of a streamed image (WHATWG HTML).

A stream has any number of `image_generation.partial_image` events and one
`image_generation.completed`. Errors in a stream have status 200, so only their code identifies
them.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import Charged, ProviderError
from app.ports.providers import OnPartial
from app.services.openai.body_buffer import Body, BodyBuffer, has_traces
from app.services.openai.client import app_error
from app.services.openai.errors.refusals import RefusedInBody, read_refusal
from app.services.runtime.failures import Failure, FailureKind

CONTENT_TYPE = "text/event-stream"
FIRST_BYTES = (b"data:", b"event:", b"id:", b"retry:", b":")
"""How a stream of events begins, whatever its content type is."""

_EVENT_END = re.compile(rb"\r?\n\r?\n")
_MAX_EVENT_END_BYTES = 4
_MAX_PARTIAL_IMAGES = 3  # as many as can be requested


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
) -> Body:
    """Return the data of the event with the finished image.

    Events after it are ignored.

    Partial images that can't be parsed, or are larger than any preview, are skipped.

    Args:
        chunks: the body of the response, as it arrives.
        on_partial: called with each partial image.
        max_bytes: the largest event that is accepted.

    Raises:
        RefusedInBody: the model refuses the request before it draws.
        AppError: the model fails while it draws, a bound is exceeded, or the stream ends without
            an image.
    """
    partial_images = 0
    for name, data in _events(chunks, max_bytes):
        try:
            event = _EventData.model_validate_json(data.text)
        except ValidationError:
            event = _EventData()
        kind = str(event.type or event.object or name)
        if kind.endswith(".completed") or (event.data and has_traces(data.text)):
            return data
        if event.error or kind == "error":
            raise _error_of(data.text, has_begun=partial_images > 0)
        if kind.endswith(".partial_image"):
            partial_images += 1
            if partial_images <= _MAX_PARTIAL_IMAGES and not data.large:
                _report_partial(data.text, on_partial)
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


def _events(chunks: Iterable[bytes], max_bytes: int) -> Iterator[tuple[str, Body]]:
    """Yield the name and data of each event.

    The last event may lack its final blank line.
    """
    buffer = BodyBuffer(max_bytes=max_bytes)
    for chunk in chunks:
        searched = max(len(buffer.text) - _MAX_EVENT_END_BYTES, 0)
        buffer.add(chunk)
        while not buffer.is_inside_large_text and (end := _EVENT_END.search(buffer.text, searched)):
            yield _parse_event(buffer.take(end.end()))
            searched = 0
    yield _parse_event(buffer.finish())


def _parse_event(event: Body) -> tuple[str, Body]:
    name, data = "", []
    for line in event.text.splitlines():
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.decode(errors="replace").strip()
    return name, Body(b"\n".join(data), event.large)
