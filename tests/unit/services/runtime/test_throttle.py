"""Turns: few at once, and nobody behind one that hangs."""

import threading

import pytest

from app.services.runtime.throttle import FailOpenSemaphore
from tests.support.concurrency.threads import at_once


class Work:
    """Counts who is inside."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Count one in."""
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def end(self) -> None:
        """Count one out."""
        with self._lock:
            self.inside -= 1


def test_no_more_than_the_places_are_taken_at_once() -> None:
    """Of twelve threads two at a time work, and all of them come to it."""
    turns, work, done = FailOpenSemaphore(at_once=2, patience_seconds=30), Work(), []
    together = threading.Barrier(2)

    def one(number: int) -> None:
        with turns.turn():
            work.begin()
            together.wait(10)  # passed only if there are two
            done.append(number)
            work.end()

    at_once(12, one)
    assert (work.most, sorted(done)) == (2, list(range(12)))


def test_nobody_waits_long_behind_work_that_hangs() -> None:
    """Who has waited for long goes ahead, is told how long, and takes no place from anyone."""
    turns = FailOpenSemaphore(at_once=1, patience_seconds=0.01)
    hangs, passed = threading.Event(), threading.Event()

    def one(number: int) -> None:
        if number:
            assert hangs.wait(10)
        with turns.turn() as waited:
            if number:
                assert waited >= 0.01
                passed.set()
            else:
                hangs.set()
                assert passed.wait(10)

    at_once(2, one)


def test_a_place_is_given_back_by_work_that_fails() -> None:
    """An error on a turn comes out, and the next has the place."""
    turns = FailOpenSemaphore(at_once=1, patience_seconds=30)
    for _ in range(2):
        with pytest.raises(OSError, match="broken"), turns.turn():
            raise OSError("broken")
