"""Parse the server-sent events of a streamed image (WHATWG HTML).

A stream has any number of `image_generation.partial_image` events and one
`image_generation.completed`. Errors in a stream have status 200, so only their code identifies
them.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import (
    AppError,
    Charged,
    ProviderBadResponse,
    ProviderError,
    TransparencyRefused,
)
from app.ports.providers import OnPartial
from app.services.openai.client import error_for_code
from app.services.openai.responses import check_complexity

CONTENT_TYPE = "text/event-stream"

_EVENT_END = re.compile(rb"\r?\n\r?\n")
_MAX_EVENT_END_BYTES = 4
_MAX_CODE_LENGTH = 64


class _EventData(BaseModel):
    """The type and error of an event.

    The error is an object, or its fields are at the top level.
    """

    type: Any = None
    error: Any = None
    code: Any = None
    param: Any = None


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
        TransparencyRefused: the model rejects the background before it draws.
        AppError: the model rejects the prompt or fails, or the stream ends without an image.
    """
    has_begun = False
    for name, data in _events(chunks, max_bytes):
        check_complexity(data, "event")
        try:
            event = _EventData.model_validate_json(data)
        except ValidationError:
            event = _EventData()
        kind = str(event.type or name)
        if kind.endswith(".completed"):
            return data
        if event.error or kind == "error":
            raise _error_of(event, has_begun=has_begun)
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


def _error_of(event: _EventData, *, has_begun: bool) -> AppError:
    flat = {"code": event.code, "param": event.param}
    fields = event.error if isinstance(event.error, dict) else flat
    code = str(fields.get("code"))[:_MAX_CODE_LENGTH]
    detail = f"error event, code {code}"
    if fields.get("param") == "background" and not has_begun:
        return TransparencyRefused(detail)
    return error_for_code(code, fields.get("type"), detail) or ProviderError(
        detail, charged=Charged.UNKNOWN
    )


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
                "event too large", evidence=bytes(buffer), charged=Charged.YES
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
