"""Answers as server-sent events (WHATWG HTML, section 9.2), about work that another thread does.

The work never waits for who reads: what it has to say waits in a `Feed`, which the answer is
written from for as long as the caller stays.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Response, request

from app.http.content_negotiation import preferred

CONTENT_TYPE = "text/event-stream"
KEEP_ALIVE_SECONDS = 10.0  # proxies give up on answers that are silent for a minute or more
_KEEP_ALIVE = b": keep-alive\n\n"


@dataclass(frozen=True)
class ServerSentEvent:
    """Something to tell.

    Args:
        name: of the event.
        data: gives one line of JSON, or None to leave the event out. It is called when the event is
            sent, by the thread that sends it.
    """

    name: str
    data: Callable[[], str | None]


class EventQueue:
    """Events between the thread that works and the one that answers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[ServerSentEvent] = deque()
        self._closed = False

    def put(self, event: ServerSentEvent, *, instead: bool = False) -> None:
        """Add an event, perhaps instead of those of its name that were not sent in time."""
        with self._changed:
            if self._closed:
                return
            if instead:
                others = (other for other in self._waiting if other.name != event.name)
                self._waiting = deque(others)
            self._waiting.append(event)
            self._changed.notify_all()

    def close(self) -> None:
        """Add no more, as all is told or nobody hears it: what comes from now on is forgotten."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the next event or the end; tell whether either came within that time."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._waiting) or self._closed, seconds)

    def take(self) -> ServerSentEvent | None:
        """Return the next event if there is one."""
        with self._changed:
            return self._waiting.popleft() if self._waiting else None

    @property
    def is_over(self) -> bool:
        """Whether nothing waits and nothing will come."""
        with self._changed:
            return self._closed and not self._waiting


def wants_event_stream() -> bool:
    """Tell whether the caller prefers events; who accepts anything gets JSON."""
    accepted = request.headers.get("Accept", "")
    return preferred(accepted, (CONTENT_TYPE, "application/json")) == CONTENT_TYPE


def respond(feed: EventQueue) -> Response:
    """Answer with what comes in the feed."""
    answer = Response(written(feed), content_type=f"{CONTENT_TYPE}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would hold all of it back
    return answer


def written(feed: EventQueue, *, keep_alive_seconds: float = KEEP_ALIVE_SECONDS) -> Iterator[bytes]:
    """Yield the events as they come, and a comment after each so many seconds without one."""
    try:
        while not feed.is_over:
            if not feed.wait(keep_alive_seconds):
                yield _KEEP_ALIVE
            elif text := _text(feed.take()):
                yield text
    finally:
        feed.close()


def _text(event: ServerSentEvent | None) -> bytes:
    data = event.data() if event else None
    return f"event: {event.name}\ndata: {data}\n\n".encode() if event and data else b""
