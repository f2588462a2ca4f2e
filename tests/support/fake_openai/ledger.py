"""What happened since the last reset: requests, images, money, and what is still scripted."""

import itertools
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_openai.behavior import Behavior


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names are in lower case."""

    endpoint: str
    headers: Mapping[str, str]
    body: Any
    time: float = field(default_factory=time.time)


class Ledger:
    """The thread-safe book of one test; a reset closes it and opens a new one.

    A request keeps the book under which it arrived, so what is still running when a test ends
    cannot spoil the counts of the next one.
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

    def note(self, request: Request) -> Behavior | None:
        """Write a request down and return the behavior that is scripted for it, if any."""
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
            queued = self._queued.get(request.endpoint)
            return queued.popleft() if queued else self._standing.get(request.endpoint)

    def begin(self) -> None:
        """Count one more image request that is being worked on."""
        with self.changed:
            self.in_flight += 1
            self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
            self.changed.notify_all()

    def end(self) -> None:
        """Count one image request less."""
        with self.changed:
            self.in_flight -= 1
            self.changed.notify_all()

    def pay(self, generations: int, prompt: str) -> None:
        """Bill generations of this prompt."""
        with self.changed:
            self.paid += generations
            self.paid_for[prompt] += generations

    def next_number(self) -> int:
        """Return a number that no other image of this book has."""
        return next(self._numbers)

    def keep(self, image: bytes) -> None:
        """Keep the bytes of a drawn image."""
        with self.changed:
            self.images.append(image)

    def script(self, endpoint: str, *behaviours: Behavior) -> None:
        """Queue behaviors, one for each coming request."""
        with self.changed:
            self._queued.setdefault(endpoint, deque()).extend(behaviours)

    def always(self, endpoint: str, behavior: Behavior) -> None:
        """Answer every request like this once the queue is empty."""
        with self.changed:
            self._standing[endpoint] = behavior

    def clear(self) -> None:
        """Forget everything that was scripted."""
        with self.changed:
            self._queued.clear()
            self._standing.clear()

    def sleep(self, seconds: float) -> bool:
        """Wait, but not beyond the end of the test; tell whether the test has ended."""
        return self.closed.wait(seconds)
