"""Sends requests until they have a result, and repeats none that could cost a second payment."""

from __future__ import annotations

import contextlib
import json
import logging
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Callable

import httpx

from .errors import ApiError, DeadlineExceeded
from .models import StreamEvent

_log = logging.getLogger(__name__)
_MAX_PAUSE = 30.0
_CONNECT_SECONDS = 10.0
_STREAM_SILENCE = 60.0  # the service sends a comment after ten seconds without an event
# Requests that no repetition can help.
_INVALID = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects)
# Both have a Retry-After, but it is the end of a day or a month.
_USED_UP = {"budget_exceeded", "upload_quota_exceeded"}
_UNKNOWN = "unexpected_response"  # of something in between, such as a proxy


@dataclass
class Call:
    """A request that can be sent again. Those that may pay for an image have a `key`."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    files: Mapping[str, tuple[str, bytes]] | None = None
    form: Mapping[str, str] | None = None
    key: str | None = None
    deadline: float | None = None
    is_file: bool = False
    attempts: int = 0

    @property
    def name(self) -> str:
        """The path without a query, which may be signed."""
        return self.path.partition("?")[0]


@dataclass(frozen=True)
class Transport:
    """Sends calls to one service; the arguments are those of ImageClient."""

    base_url: str
    headers: Mapping[str, str]
    deadline: float
    timeout: float
    backoff: float
    sleep: Callable[[float], object]
    http: httpx.Client = field(default_factory=httpx.Client)

    def close(self) -> None:
        """Close all connections."""
        self.http.close()

    def send(self, call: Call) -> Any:
        """Return the JSON of the response, or its bytes if it is a file."""
        return next(self._repeat(call, self._receive))

    def stream(self, call: Call) -> Iterator[StreamEvent]:
        """Yield events up to `result`, over as many connections as it takes."""
        return self._repeat(call, self._receive_events)

    def _repeat(self, call: Call, attempt: Callable[[Call, float], Iterator[Any]]) -> Iterator[Any]:
        ends_at = time.monotonic() + (self.deadline if call.deadline is None else call.deadline)
        while True:
            call.attempts += 1
            pause = min(self.backoff * 2.0 ** (call.attempts - 1), _MAX_PAUSE)
            pause *= random.uniform(0.5, 1)  # noqa: S311 - reason: no secret, spreads the load
            try:
                return (yield from attempt(call, ends_at))
            except ApiError as error:
                error.idempotency_key = call.key
                if call.key and error.code == _UNKNOWN:
                    error.charged = "unknown"
                pause = max(pause, error.retry_after or 0)
                if not _is_temporary(error) or time.monotonic() + pause > ends_at:
                    raise
                _log.warning("%s is repeated in %.1f s: %s", call.name, pause, error.code)
            except httpx.RequestError as error:
                if isinstance(error, _INVALID):
                    raise
                if time.monotonic() + pause > ends_at:
                    raise _exceeded(call) from error
                name = type(error).__name__
                _log.warning("%s is repeated in %.1f s: %s", call.name, pause, name)
            self.sleep(pause)

    def _receive(self, call: Call, ends_at: float) -> Iterator[Any]:
        with self._open(call, ends_at, self.timeout) as response:
            body = b"".join(_chunks(response, ends_at))
        if call.is_file or not body:
            yield body
        elif (content := _parse(body)) is None:
            raise ApiError(response.status_code, {}, None)
        else:
            yield content

    def _receive_events(self, call: Call, ends_at: float) -> Iterator[StreamEvent]:
        silence = min(self.timeout, _STREAM_SILENCE)
        with self._open(call, ends_at, silence, Accept="text/event-stream") as response:
            for event in _events(_chunks(response, ends_at)):
                if event.name == "error":
                    status, retry_after = event.data["http_status"], event.data.get("retry_after")
                    raise ApiError(status, event.data, retry_after)
                yield event
                if event.name == "result":
                    return
        raise httpx.RemoteProtocolError("The stream has ended without a result.")

    @contextlib.contextmanager
    def _open(
        self, call: Call, ends_at: float, timeout: float, **headers: str
    ) -> Iterator[httpx.Response]:
        """Send the request once, and yield the response if it is a success."""
        left = max(ends_at - time.monotonic(), 0.1)
        key = {"Idempotency-Key": call.key} if call.key else {}
        with self.http.stream(
            call.method,
            self.base_url + call.path,
            params=_query(call.query) or None,
            json=call.json,
            files=call.files,
            data=call.form,
            headers={**self.headers, **headers, **key},
            timeout=httpx.Timeout(min(timeout, left), connect=min(_CONNECT_SECONDS, left)),
            follow_redirects=call.is_file,
        ) as response:
            if not response.is_success:
                body = _parse(b"".join(_chunks(response, ends_at))) or {}
                raise ApiError(response.status_code, body, _retry_after(response))
            yield response


def _is_temporary(error: ApiError) -> bool:
    """Return whether the request can be sent again, and may succeed."""
    if error.code == _UNKNOWN:
        return error.status in {408, 429, 502, 503, 504}
    if error.code in {"request_timeout", "generation_in_progress"}:
        return True
    has_time = error.status in {429, 503} and error.retry_after is not None
    return has_time and error.code not in _USED_UP


def _exceeded(call: Call) -> DeadlineExceeded:
    error = DeadlineExceeded(f"No result of {call.name} in time, after {call.attempts} attempts.")
    error.idempotency_key, error.charged = call.key, "unknown" if call.key else None
    return error


def _chunks(response: httpx.Response, ends_at: float) -> Iterator[bytes]:
    for chunk in response.iter_bytes():
        yield chunk
        if time.monotonic() > ends_at:
            raise httpx.ReadTimeout("The response takes too long.")


def _events(chunks: Iterable[bytes]) -> Iterator[StreamEvent]:
    rest = b""
    for chunk in chunks:
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            lines = (line.partition(": ") for line in block.decode().split("\n"))
            fields = {name: value for name, _, value in lines}
            if "event" in fields:  # and no comment, which keeps the connection open
                yield StreamEvent(fields["event"], json.loads(fields["data"]))


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None and value != []}


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        return max((date - datetime.now(timezone.utc)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None  # absent or malformed
