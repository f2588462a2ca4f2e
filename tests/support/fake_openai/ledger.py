"""What happened since the last reset: requests, images, charges and scripted behaviors."""

import itertools
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.multipart import UploadedFile


@dataclass(frozen=True)
class Request:
    """A received request; header names are in lower case.

    The body of an edit has the fields of the form, as texts, and `files` has its files.
    """

    endpoint: str
    headers: Mapping[str, str]
    body: Any
    files: tuple[UploadedFile, ...] = ()
    time: float = field(default_factory=time.time)


class Ledger:
    """The thread-safe ledger of a test; a reset closes it and opens a new one.

    A request keeps the ledger under which it arrived, so requests that are still running when a
    test ends do not change the counts of the next test.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.closed = threading.Event()
        self.requests: list[Request] = []
        self.images: list[bytes] = []
        self.paid = 0
        self.paid_for: Counter[str] = Counter()
        self.in_flight = 0
        self.peak_in_flight = 0
        self._numbers = itertools.count()
        self._queued: dict[str, deque[Behavior]] = {}
        self._standing: dict[str, Behavior] = {}

    def add(self, request: Request) -> Behavior | None:
        """Add a request, and return the behavior that is scripted for it."""
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
            queued = self._queued.get(request.endpoint)
            return queued.popleft() if queued else self._standing.get(request.endpoint)

    def begin(self) -> None:
        """Count an image request that has started."""
        with self.changed:
            self.in_flight += 1
            self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
            self.changed.notify_all()

    def end(self) -> None:
        """Count an image request that has ended."""
        with self.changed:
            self.in_flight -= 1
            self.changed.notify_all()

    def charge(self, generations: int, prompt: str) -> None:
        """Charge generations of a prompt."""
        with self.changed:
            self.paid += generations
            self.paid_for[prompt] += generations

    def next_number(self) -> int:
        """Return a number that is unique among the images of this ledger."""
        return next(self._numbers)

    def add_image(self, image: bytes) -> None:
        """Add the bytes of a generated image."""
        with self.changed:
            self.images.append(image)

    def script(self, endpoint: str, *behaviors: Behavior) -> None:
        """Queue behaviors, one for each following request."""
        with self.changed:
            self._queued.setdefault(endpoint, deque()).extend(behaviors)

    def always(self, endpoint: str, behavior: Behavior) -> None:
        """Use a behavior for every request once the queue is empty."""
        with self.changed:
            self._standing[endpoint] = behavior

    def clear(self) -> None:
        """Drop all scripted behaviors."""
        with self.changed:
            self._queued.clear()
            self._standing.clear()

    def sleep(self, seconds: float) -> bool:
        """Sleep until the test ends at most. Return whether it has ended."""
        return self.closed.wait(seconds)
