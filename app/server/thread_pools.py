"""Threads of a worker by kind of request, so that no kind waits for the threads of another."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from app.http.concurrency import READ_THREADS, RunningThreads
from app.http.request_kinds import RequestKind

QUEUE_SECONDS = 5.0
"""How long a request may wait for a thread."""

_READINESS_THREADS = 2
_RUNNING_THREADS = 6  # of those for reads; more only make each other slower
_CHECKS = frozenset({RequestKind.HEALTH, RequestKind.READINESS})


class ThreadPools:
    """Runs each kind of request in threads of its own.

    A request for which no thread becomes free within five seconds is canceled, unless it checks the
    health of the service.

    Args:
        generations: the number of threads for generations.
        monotonic: returns the seconds of a monotonic clock.
    """

    def __init__(
        self, generations: int, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._pools = {
            RequestKind.HEALTH: ThreadPoolExecutor(1, "health"),
            RequestKind.READINESS: ThreadPoolExecutor(_READINESS_THREADS, "readiness"),
            RequestKind.GENERATION: ThreadPoolExecutor(generations, "generation"),
            RequestKind.OTHER: ThreadPoolExecutor(READ_THREADS, "read"),
        }
        self._running = RunningThreads(_RUNNING_THREADS)
        self._queue: deque[tuple[float, Future[Any]]] = deque()

    def submit(self, kind: RequestKind, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run a function in a thread for this kind of request."""
        pool = self._pools[kind]
        if kind in _CHECKS:
            return pool.submit(function, *args)
        if kind is RequestKind.OTHER:
            future = pool.submit(self._run, function, *args)
        else:
            future = pool.submit(function, *args)
        self._queue.append((self._monotonic() + QUEUE_SECONDS, future))
        return future

    def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        with self._running:
            return function(*args)

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
