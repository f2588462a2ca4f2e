"""Threads of a worker by kind of request, so that no kind waits for the threads of another."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from app.http.concurrency import READ_THREADS, RunningThreads
from app.http.request_kinds import RequestKind

QUEUE_SECONDS = 5.0
"""How long a request may wait for a thread."""

MAX_READS = 2 * READ_THREADS
"""How many requests may have a thread for reads or wait for one."""

_READINESS_THREADS = 2
_RUNNING_THREADS = 2  # of those for reads; more only make each other and the event loop slower


class ThreadPools:
    """Runs each kind of request in threads of its own, and `/healthz` in the caller's.

    A request for which no thread becomes free within five seconds is canceled, unless it checks the
    health of the service. So are reads beyond `MAX_READS`, immediately.

    Args:
        generations: the number of threads for generations.
        monotonic: returns the seconds of a monotonic clock.
    """

    def __init__(
        self, generations: int, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._pools = {
            RequestKind.READINESS: ThreadPoolExecutor(_READINESS_THREADS, "readiness"),
            RequestKind.GENERATION: ThreadPoolExecutor(generations, "generation"),
            RequestKind.OTHER: ThreadPoolExecutor(READ_THREADS, "read"),
        }
        self._running = RunningThreads(_RUNNING_THREADS)
        self._lock = threading.Lock()
        self._reads = 0
        self._queue: deque[tuple[float, Future[Any]]] = deque()

    def is_full(self, kind: RequestKind) -> bool:
        """Return whether a request of this kind would be canceled immediately."""
        return kind is RequestKind.OTHER and self._reads >= MAX_READS

    def submit(self, kind: RequestKind, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run a function for this kind of request."""
        if kind is RequestKind.HEALTH:
            return _run_now(function, *args)
        if kind is RequestKind.READINESS:
            return self._pools[kind].submit(function, *args)
        if kind is RequestKind.OTHER:
            future = self._submit_read(function, *args)
        else:
            future = self._pools[kind].submit(function, *args)
        self._queue.append((self._monotonic() + QUEUE_SECONDS, future))
        return future

    def _submit_read(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        with self._lock:
            if self._reads >= MAX_READS:
                return _canceled()
            self._reads += 1
        future = self._pools[RequestKind.OTHER].submit(self._run_read, function, *args)
        future.add_done_callback(self._count_end)
        return future

    def _count_end(self, _: Future[Any]) -> None:
        with self._lock:
            self._reads -= 1

    def _run_read(self, function: Callable[..., Any], *args: Any) -> Any:
        with self._running:
            return function(*args)

    def paused(self) -> AbstractContextManager[None]:
        """Return a context manager in which no thread for reads begins to compute."""
        return self._running.paused()

    def cancel_overdue(self) -> None:
        """Cancel the requests that have waited for a thread for too long."""
        now = self._monotonic()
        while self._queue:
            deadline, future = self._queue[0]
            if deadline > now and not (future.running() or future.done()):
                return
            self._queue.popleft()
            future.cancel()  # without effect if it runs

    def shutdown(self, wait: bool = True) -> None:
        """See concurrent.futures.Executor."""
        for pool in self._pools.values():
            pool.shutdown(wait)


def _run_now(function: Callable[..., Any], *args: Any) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        future.set_result(function(*args))
    except Exception as error:  # noqa: BLE001 - reason: as in a thread, the future has it
        future.set_exception(error)
    return future


def _canceled() -> Future[Any]:
    future: Future[Any] = Future()
    future.cancel()
    return future
