"""Concurrency limit and shutdown gate of a process."""

import mmap
import threading
from collections.abc import Callable
from types import TracebackType

from app.errors import ServiceBusy, ShuttingDown


class ConcurrencyLimit:
    """Context manager that rejects generations beyond a limit.

    Rejected generations are not queued. The server runs a few more threads than `limit`, so health
    checks never wait for generations. The count is per process. The closed state is shared with
    all processes forked later, so gunicorn's master can close the limit for its workers.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._active = 0
        self._on_idle: Callable[[], object] | None = None
        # Re-entrant: signal handlers use it, and one may interrupt another in the same thread.
        self._lock = threading.RLock()
        self._closed = mmap.mmap(-1, 1)  # a byte that forked processes share

    def __enter__(self) -> None:
        with self._lock:
            if self.closed:
                raise ShuttingDown("new generations are rejected during shutdown")
            if self._active >= self._limit:
                raise ServiceBusy("the limit of concurrent generations is reached")
            self._active += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._active -= 1
        self._notify_if_idle()

    @property
    def closed(self) -> bool:
        """Whether new generations are rejected."""
        return self._closed[0] != 0

    def close(self) -> None:
        """Reject new generations in all processes; active ones continue."""
        self._closed[0] = 1

    def call_when_idle(self, callback: Callable[[], object]) -> None:
        """Call `callback` once no generation is active.

        It is called now, or in the thread of the last generation. Close the limit first: otherwise
        a new generation may start before `callback` acts.
        """
        with self._lock:
            self._on_idle = callback
        self._notify_if_idle()

    def _notify_if_idle(self) -> None:
        with self._lock:
            if self._active or not self._on_idle:
                return
            callback, self._on_idle = self._on_idle, None
        callback()
