"""Turns: work that is done the sooner, the fewer do it side by side."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class FailOpenSemaphore:
    """Lets `at_once` threads work, and the others wait for `patience_seconds` at most.

    After that they go ahead all the same: where the work hangs, nobody waits behind it for long.
    """

    def __init__(self, *, at_once: int, patience_seconds: float) -> None:
        self._places = threading.Semaphore(at_once)
        self._patience_seconds = patience_seconds

    @contextmanager
    def turn(self) -> Iterator[float]:
        """Wait for a place, and hold it while the block runs; yield the seconds of waiting."""
        began = time.monotonic()
        placed = self._places.acquire(timeout=self._patience_seconds)
        try:
            yield time.monotonic() - began
        finally:
            if placed:
                self._places.release()
