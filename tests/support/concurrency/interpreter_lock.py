"""Measure how long a piece of work holds Python's global lock, independent of the load."""

import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

QUEUED = Path("/proc/thread-self/schedstat")
"""Linux reports here how long a thread was runnable without a processor (second number)."""

SWITCH_INTERVAL = 0.0002  # seconds after which Python's loop yields the lock on request
Beat = tuple[float, float, float]


def longest_hold(work: Callable[[], object]) -> float:
    """Return the longest time, in ms, for which the work kept another thread from the lock.

    That thread requests the lock all the time, and Python's own loop yields it immediately, so
    what remains are single steps. Between two turns the thread may have waited for a processor,
    which depends on the machine's load; that time is subtracted. It may also have waited because
    the work held the lock without a processor of its own, so at most the processor time of the
    work in between counts.
    """
    clock = time.pthread_getcpuclockid(threading.get_ident())
    beats: list[Beat] = []
    done = threading.Event()

    def beat() -> None:
        while not done.is_set():
            queued = int(QUEUED.read_bytes().split()[1]) / 1e9
            beats.append((time.perf_counter(), queued, time.clock_gettime(clock)))
            time.sleep(0.0002)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    thread = threading.Thread(target=beat)
    thread.start()
    try:
        time.sleep(0.005)
        began = time.perf_counter()
        work()
        ended = time.perf_counter()
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(interval)
    during = [pair for pair in pairwise(beats) if pair[1][0] >= began and pair[0][0] <= ended]
    return 1000 * max((_held(*pair) for pair in during), default=ended - began)


def _held(before: Beat, after: Beat) -> float:
    passed, queued, computed = (b - a for a, b in zip(before, after, strict=True))
    return min(passed - queued, computed)


def make_holder(seconds: float) -> Callable[[], object]:
    """Return a function that computes for about this long without releasing the lock."""
    count, spent = 10_000, 0.0
    while spent < seconds:
        count = count * 5 // 4
        began = time.thread_time()
        sum(range(count))
        spent = time.thread_time() - began
    return lambda: sum(range(count))
