"""Work in concurrent threads, waiting for conditions, and durations on a busy machine."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

TIMEOUT_SECONDS = 120.0
"""Only limits how long a failing test takes; no test depends on the machine's speed."""


def in_threads(count: int, work: Callable[[int], T]) -> list[T]:
    """Call `work` with 0, 1, 2 ... in threads that start together; return the results."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> T:
        barrier.wait(TIMEOUT_SECONDS)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds.

    The pauses get longer, up to 50 ms, because many conditions are requests or read a log.
    """
    deadline, pause = time.monotonic() + TIMEOUT_SECONDS, 0.001
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def wait_until_passes(
    check: Callable[[], object], retried: tuple[type[Exception], ...] = (AssertionError,)
) -> None:
    """Repeat a check until it raises none of these errors; in the end, raise the last one."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            check()
        except retried:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def fastest(measure: Callable[[], float], *, enough: float, tries: int = 100) -> float:
    """Return the shortest of several durations; stop as soon as one is short enough.

    On a busy machine any call may be slow now and then, but not each time. A call that waits for
    a time limit is never faster than that.
    """
    best = measure()
    for _ in range(tries - 1):
        if best < enough:
            break
        best = min(best, measure())
    return best
