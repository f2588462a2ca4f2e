"""The fail-open semaphore: few calls run concurrently, and none waits long for one that hangs."""

import threading

import pytest

from app.services.runtime.timing import FailOpenSemaphore
from tests.support.concurrency.threads import in_threads


class Work:
    """Counts the calls that are running."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Count a call that starts."""
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def end(self) -> None:
        """Count a call that ends."""
        with self._lock:
            self.inside -= 1


def test_no_more_calls_than_slots_run_concurrently() -> None:
    """Of twelve threads two work at a time, and all of them get a slot."""
    semaphore, work, done = FailOpenSemaphore(max_concurrent=2, timeout_seconds=30), Work(), []
    together = threading.Barrier(2)

    def one(number: int) -> None:
        with semaphore.slot():
            work.begin()
            together.wait(60)  # passed only if there are two
            done.append(number)
            work.end()

    in_threads(12, one)
    assert (work.most, sorted(done)) == (2, list(range(12)))


def test_no_call_waits_long_for_one_that_hangs() -> None:
    """A call that waited too long proceeds, learns how long it waited, and takes no slot."""
    semaphore = FailOpenSemaphore(max_concurrent=1, timeout_seconds=0.01)
    hangs, passed = threading.Event(), threading.Event()

    def one(number: int) -> None:
        if number:
            assert hangs.wait(60)
        with semaphore.slot() as waited:
            if number:
                assert waited >= 0.01
                passed.set()
            else:
                hangs.set()
                assert passed.wait(60)

    in_threads(2, one)


def test_a_failed_call_releases_its_slot() -> None:
    """An error in a slot is raised, and its slot is released."""
    semaphore = FailOpenSemaphore(max_concurrent=1, timeout_seconds=30)
    for _ in range(2):
        with pytest.raises(OSError, match="broken"), semaphore.slot():
            raise OSError("broken")
