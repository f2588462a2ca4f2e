"""How long a piece of work keeps Python's global lock, whatever else the machine does meanwhile."""

import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

QUEUED = Path("/proc/thread-self/schedstat")
"""Linux tells here how long a thread was ready to run, but had no processor (second number)."""

AT_ONCE = 0.0002  # seconds after which Python's loop hands the lock to a thread that asks
Beat = tuple[float, float, float]


def longest_hold(work: Callable[[], object]) -> float:
    """Return the longest time, in ms, for which the work kept another thread from the lock.

    That thread asks for the lock all the time, and Python's own loop hands it over at once, so that
    what is left are single steps. Between two turns the thread may have waited for a processor,
    which the machine's load decides; that time is taken off. It may also have waited because the
    work had the lock, but no processor itself: so no more counts than the work computed in between.
    """
    clock = time.pthread_getcpuclockid(threading.get_ident())
    beats: list[Beat] = []
    done = threading.Event()

    def heart() -> None:
        while not done.is_set():
            queued = int(QUEUED.read_bytes().split()[1]) / 1e9
            beats.append((time.perf_counter(), queued, time.clock_gettime(clock)))
            time.sleep(0.0002)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(AT_ONCE)
    thread = threading.Thread(target=heart)
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


def holder(seconds: float) -> Callable[[], object]:
    """Return something that computes for about so long and never lets go of the lock."""
    count, spent = 10_000, 0.0
    while spent < seconds:
        count = count * 5 // 4
        began = time.thread_time()
        sum(range(count))
        spent = time.thread_time() - began
    return lambda: sum(range(count))
