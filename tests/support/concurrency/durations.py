"""Measures durations in a way that other load on the machine does not spoil."""

import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def fastest(measure: Callable[[], float], *, enough: float, tries: int = 20) -> float:
    """Return the shortest of several durations; stop as soon as one is short enough.

    A busy machine makes any call slow now and then, but not each time. A call that waits for a
    time limit is never faster than that.
    """
    best = measure()
    for _ in range(tries - 1):
        if best < enough:
            break
        best = min(best, measure())
    return best
