"""Limits of concurrent work in a process, and its shutdown gate."""

import mmap
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context
from types import TracebackType

from app.errors import AppError, ServiceBusy, ShuttingDown

READ_THREADS = 104
"""Threads of a process for all requests but generations and health checks.

More than all `Places` together, so that threads are left for what waits for nothing.
"""

_thread = threading.local()  # `running`: the RunningThreads that this thread is in


class RunningThreads:
    """Context manager that bounds how many threads compute at the same time.

    Each further runnable thread makes all others wait longer for Python's global lock, health
    checks too. Threads that wait in `Places` don't count.

    Args:
        count: the number of threads.
    """

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)
        self._open = threading.Event()
        self._open.set()

    def __enter__(self) -> None:
        self.enter()
        _thread.running = self

    def __exit__(self, *_: object) -> None:
        _thread.running = None
        self.leave()

    def enter(self) -> None:
        """Wait until this thread may compute."""
        self._free.acquire()
        self._open.wait()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let no further thread begin to compute within the block; for one thread at a time."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def leave(self) -> None:
        """Let another thread compute."""
        self._free.release()


class Places:
    """Context manager that bounds how many threads wait for the same kind of work.

    Further threads don't wait for a place.

    Args:
        count: the number of places.
        error: creates the error for them.
    """

    def __init__(self, count: int, error: Callable[[], AppError]) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._error = error

    @property
    def free(self) -> int:
        """The number of free places."""
        return self._free

    def __enter__(self) -> None:
        with self._lock:
            if self._free <= 0:
                raise self._error()
            self._free -= 1
        if running := getattr(_thread, "running", None):
            running.leave()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._free += 1
        if running := getattr(_thread, "running", None):
            running.enter()


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
        self.release(1)

    @contextmanager
    def workers(self, most: int) -> Iterator["Workers"]:
        """Yield this thread, which has a slot, and one more for each slot that is free.

        Slots are never waited for, so two groups that need more than there are can't block each
        other: each works with what it gets, which is one thread at least.

        Args:
            most: the maximum number of threads.
        """
        workers = Workers(self, self._take(most - 1))
        try:
            yield workers
        finally:
            workers.close()

    def _take(self, most: int) -> int:
        """Take up to `most` free slots; return how many."""
        with self._lock:
            taken = 0 if self.closed else max(0, min(most, self._limit - self._active))
            self._active += taken
        return taken

    def release(self, count: int) -> None:
        """Return slots, from any thread."""
        with self._lock:
            self._active -= count
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


class Workers:
    """The current thread and further ones, each in a slot of a ConcurrencyLimit.

    Attributes:
        count: the number of threads.
    """

    def __init__(self, limit: ConcurrencyLimit, slots: int) -> None:
        self._limit = limit
        self._slots = slots  # for threads that are not started
        self.count = 1 + slots

    def run(self, tasks: Sequence[Callable[[], object]]) -> None:
        """Begin the tasks in their order, in the context of this thread, and wait for all.

        A thread that finds no further task returns its slot immediately.
        """
        waiting = deque(tasks)
        threads: list[threading.Thread] = []
        with suppress(RuntimeError):  # the system has no further thread: this one is left
            while self._slots and len(threads) < len(tasks) - 1:
                # Daemons, because a quick stop must not wait for them; a graceful one does.
                thread = threading.Thread(
                    target=copy_context().run,
                    args=(self._work_in_slot, waiting),
                    name="candidate",
                    daemon=True,
                )
                thread.start()
                self._slots -= 1
                threads.append(thread)
        self.close()
        _work(waiting)
        for thread in threads:
            thread.join()

    def check(self) -> None:
        """Return if another image may be begun.

        Raises:
            ShuttingDown: the process stops.
        """
        if self._limit.closed:
            raise ShuttingDown("no further image of the group is begun during shutdown")

    def close(self) -> None:
        """Return the slots of threads that were not started."""
        self._limit.release(self._slots)
        self._slots = 0

    def _work_in_slot(self, waiting: deque[Callable[[], object]]) -> None:
        try:
            _work(waiting)
        finally:
            self._limit.release(1)


def _work(waiting: deque[Callable[[], object]]) -> None:
    while True:
        try:
            task = waiting.popleft()
        except IndexError:  # another thread has taken the last one
            return
        task()
