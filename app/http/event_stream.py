"""Answers as server-sent events (WHATWG HTML, section 9.2), about work that another thread does.

The work never waits for who reads: what it has to say waits in a `Feed`, which the answer is
written from for as long as the caller stays.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask import Response, request

from app.http.accept import preferred

CONTENT_TYPE = "text/event-stream"
KEEP_ALIVE_SECONDS = 10.0  # proxies give up on answers that are silent for a minute or more
_KEEP_ALIVE = b": keep-alive\n\n"


@dataclass(frozen=True)
class Event:
    """Something to tell.

    Args:
        name: of the event.
        data: gives one line of JSON, or None to leave the event out. It is called when the event is
            sent, by the thread that sends it.
        last: whether the answer ends with it.
    """

    name: str
    data: Callable[[], str | None]
    last: bool = False


class Feed:
    """Events between the thread that works and the one that answers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Event] = deque()
        self._left = False

    def put(self, event: Event, *, instead: bool = False) -> None:
        """Add an event, perhaps instead of those of its name that were not sent in time."""
        with self._changed:
            if self._left:
                return
            if instead:
                others = (other for other in self._waiting if other.name != event.name)
                self._waiting = deque(others)
            self._waiting.append(event)
            self._changed.notify_all()

    def wait(self) -> None:
        """Wait for the first event."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)

    def take(self, seconds: float) -> Event | None:
        """Return the next event, or None if there is none for so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, seconds)
            return self._waiting.popleft() if self._waiting else None

    def leave(self) -> None:
        """Take no more: what comes from now on is forgotten."""
        with self._changed:
            self._left = True
            self._waiting.clear()


def is_wanted() -> bool:
    """Tell whether the caller prefers events; who accepts anything gets JSON."""
    accepted = request.headers.get("Accept", "")
    return preferred(accepted, (CONTENT_TYPE, "application/json")) == CONTENT_TYPE


def respond(feed: Feed) -> Response:
    """Answer with what comes in the feed."""
    answer = Response(written(feed), content_type=f"{CONTENT_TYPE}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would hold all of it back
    return answer


def written(feed: Feed, *, keep_alive_seconds: float = KEEP_ALIVE_SECONDS) -> Iterator[bytes]:
    """Yield the events as they come, and a comment after each so many seconds without one."""
    try:
        for event in _until_last(feed, keep_alive_seconds):
            data = event.data() if event else None
            if event is None:
                yield _KEEP_ALIVE
            elif data is not None:
                yield f"event: {event.name}\ndata: {data}\n\n".encode()
    finally:
        feed.leave()


def _until_last(feed: Feed, seconds: float) -> Iterable[Event | None]:
    event = None
    while event is None or not event.last:
        event = feed.take(seconds)
        yield event
