"""The Clock port on the system's clocks, and a semaphore with a timeout."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """The system's clocks; wall-clock time is in whole milliseconds.

    That is the finest unit that every record store keeps.
    """

    def now(self) -> datetime:
        """See Clock."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        """See Clock."""
        # It goes on while the machine is suspended, other than that of `time.monotonic`.
        return time.clock_gettime(_CLOCK)


class FailOpenSemaphore:
    """Admits `max_concurrent` threads; the others wait for a limited time.

    After `timeout_seconds` they proceed without a slot, so that work that hangs delays no thread
    for long. Meant for work that is faster with fewer concurrent threads.
    """

    def __init__(self, *, max_concurrent: int, timeout_seconds: float) -> None:
        self._slots = threading.Semaphore(max_concurrent)
        self._timeout_seconds = timeout_seconds

    @contextmanager
    def slot(self) -> Iterator[float]:
        """Wait for a slot and hold it in the block; yield the seconds waited."""
        started = time.monotonic()
        acquired = self._slots.acquire(timeout=self._timeout_seconds)
        try:
            yield time.monotonic() - started
        finally:
            if acquired:
                self._slots.release()
