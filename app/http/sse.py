"""Responses with server-sent events (WHATWG HTML, section 9.2).

A background thread puts the events into an EventQueue without waiting for the client; the response
sends them while the client is connected.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Response, request

from app.http.content_negotiation import preferred

CONTENT_TYPE = "text/event-stream"
KEEP_ALIVE_SECONDS = 10.0  # proxies close responses that are silent for a minute or more
_KEEP_ALIVE = b": keep-alive\n\n"
# Line ends to some readers of streams, such as Python's `splitlines`, but not to the standard.
_ESCAPED = {ord(separator): f"\\u{ord(separator):04x}" for separator in "\x85\u2028\u2029"}


@dataclass(frozen=True)
class ServerSentEvent:
    """An event to send.

    Args:
        name: the event's type.
        data: returns one line of JSON, or None to skip the event. It is called just before the
            event is sent, in the sending thread.
        series: events of the same name and series can replace each other.
    """

    name: str
    data: Callable[[], str | None]
    series: int = 0


class EventQueue:
    """Thread-safe queue between the producer and the sender of events."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: deque[ServerSentEvent] = deque()
        self._closed = False

    def put(self, event: ServerSentEvent, *, replace: bool = False) -> None:
        """Add an event; with `replace`, drop unsent events of the same name and series."""
        with self._changed:
            if self._closed:
                return
            if replace:
                series = (event.name, event.series)
                others = (one for one in self._events if (one.name, one.series) != series)
                self._events = deque(others)
            self._events.append(event)
            self._changed.notify_all()

    def close(self) -> None:
        """Ignore further events.

        Called when all events were put, and when the client has disconnected.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for an event or for `close`; return False after a timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._events) or self._closed, seconds)

    def take(self) -> ServerSentEvent | None:
        """Remove and return the next event, or None."""
        with self._changed:
            return self._events.popleft() if self._events else None

    @property
    def is_finished(self) -> bool:
        """Whether the queue is closed and empty."""
        with self._changed:
            return self._closed and not self._events


def prefers_event_stream() -> bool:
    """Return whether the client prefers an event stream; `*/*` means JSON."""
    accept = request.headers.get("Accept", "")
    return preferred(accept, (CONTENT_TYPE, "application/json")) == CONTENT_TYPE


def event_stream_response(
    queue: EventQueue, *, on_silence: Callable[[], ServerSentEvent | None] = lambda: None
) -> Response:
    """Return a response that sends the events of the queue; see `encode_events`."""
    events = encode_events(queue, on_silence=on_silence)
    response = Response(events, content_type=f"{CONTENT_TYPE}; charset=utf-8")
    # A proxy that transforms the body, such as by compressing it, would collect it first.
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would buffer the whole response
    return response


def encode_events(
    queue: EventQueue,
    *,
    keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
    on_silence: Callable[[], ServerSentEvent | None] = lambda: None,
) -> Iterator[bytes]:
    """Yield encoded events, and after each silent interval an event of its own, or a comment."""
    try:
        while not queue.is_finished:
            if not queue.wait(keep_alive_seconds):
                yield _encode(on_silence()) or _KEEP_ALIVE
            elif text := _encode(queue.take()):
                yield text
    finally:
        queue.close()


def _encode(event: ServerSentEvent | None) -> bytes:
    data = event.data() if event else None
    if not event or not data:
        return b""
    return f"event: {event.name}\ndata: {data.translate(_ESCAPED)}\n\n".encode()
