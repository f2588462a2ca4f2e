"""The Clock port on the system's clocks, a semaphore with a timeout, and deadlines of calls."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_thread = threading.local()  # `until`: the monotonic time at which this thread's call ends


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


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Give the calls within the block a time for all of them, in this thread.

    Connections that look at `seconds_left` then raise TimeoutError. The timeouts of HTTP clients
    apply to each receiving and sending: a server that sends a byte now and then, in the head of a
    response or in its body, could hold a thread for as long as it likes.
    """
    _thread.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _thread.until = None


def seconds_left() -> float | None:
    """Return the time until this thread's deadline, at most 0 if it has passed; None for none."""
    until: float | None = getattr(_thread, "until", None)
    return None if until is None else until - time.monotonic()
