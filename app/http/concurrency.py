"""How much one process takes on at once, and when it takes on nothing more."""

import mmap
import threading
from collections.abc import Callable
from types import TracebackType

from app.errors import ServiceBusy, ShuttingDown

MAX_BODY_BYTES = 64 * 1024


def _nobody_counts() -> None:
    """Until a server wants to know."""


class ConcurrencyLimit:
    """Lets `limit` callers of a process in at a time and refuses the others at once, unqueued.

    The server has a few threads more than that, so health checks never wait behind generations.
    Each process counts its own callers, but closing holds for all processes that were forked from
    the one that made this: the master of the server can close it for its workers.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0
        self._when_empty: Callable[[], object] | None = None
        self._entered: Callable[[], object] = _nobody_counts
        self._left: Callable[[], object] = _nobody_counts
        # Re-entrant: signal handlers come here, and one may interrupt another in the same thread.
        self._lock = threading.RLock()
        self._closed = mmap.mmap(-1, 1)  # a byte that forked processes share

    def __enter__(self) -> None:
        with self._lock:
            if self.closed:
                raise ShuttingDown("no generation is begun any more")
            if self._inside >= self._limit:
                raise ServiceBusy("generations in flight are at their limit")
            self._inside += 1
        self._entered()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
        self._left()
        self._call_if_empty()

    def count(self, *, entered: Callable[[], object], left: Callable[[], object]) -> None:
        """Tell of each caller that is let in, and of each that leaves, from that one's thread."""
        self._entered, self._left = entered, left

    @property
    def closed(self) -> bool:
        """Whether nobody is let in any more."""
        return self._closed[0] != 0

    def close(self) -> None:
        """Let nobody in any more, in any process; who is in stays."""
        self._closed[0] = 1

    def call_when_empty(self, then: Callable[[], object]) -> None:
        """Call `then` once nobody is in, here and now or from the thread of the last to leave.

        Only for one that is closed: another's emptiness is gone before `then` can act on it.
        """
        with self._lock:
            self._when_empty = then
        self._call_if_empty()

    def _call_if_empty(self) -> None:
        with self._lock:
            if self._inside or not self._when_empty:
                return
            then, self._when_empty = self._when_empty, None
        then()
