"""Work in concurrent threads, and waiting for conditions."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_threads(count: int, work: Callable[[int], T]) -> list[T]:
    """Call `work` with 0, 1, 2 ... in threads that start together; return the results."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> T:
        barrier.wait(60)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def eventually(check: Callable[[], object], timeout: float = 60.0) -> None:
    """Return once `check` is true; fail after the timeout."""
    end = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
