"""Uploads hold a bounded number of bytes in memory, in the order in which they came."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import ServiceBusy
from app.http.uploads.limits import MemoryTurns
from tests.support.concurrency.threads import TIMEOUT_SECONDS, in_threads, wait_until

SIZES = [100, 60, 40, 30, 7, 1, 100, 51]


def turns_of(total: int, seconds: float = TIMEOUT_SECONDS) -> MemoryTurns:
    """Return turns for this number of bytes."""
    return MemoryTurns(total, seconds=seconds, error=lambda: ServiceBusy("busy"))


def test_all_together_never_exceed_the_limit() -> None:
    """Whatever the order of the threads, their sizes add up to at most 100, and all have a turn."""
    turns, lock, held, most = turns_of(100), threading.Lock(), [0], [0]

    def hold(number: int) -> None:
        size = SIZES[number % len(SIZES)]
        with turns(size):
            with lock:
                held[0] += size
                most[0] = max(most[0], held[0])
            with lock:
                held[0] -= size

    in_threads(32, hold)
    assert most[0] <= 100
    with turns(100):
        assert held == [0]


def test_small_ones_are_held_together() -> None:
    """Four of a quarter need no second turn."""
    turns, together = turns_of(100), threading.Barrier(4)

    def hold(_: int) -> None:
        with turns(25):
            together.wait(TIMEOUT_SECONDS)

    in_threads(4, hold)


def test_one_above_the_limit_is_held_alone() -> None:
    """It does not wait forever."""
    with turns_of(100)(5000):
        pass


def test_a_large_one_is_not_overtaken_forever() -> None:
    """A small one that came later waits, although there is room for it."""
    turns, order = turns_of(100), list[str]()

    def hold(name: str, size: int) -> None:
        with turns(size):
            order.append(name)

    with ThreadPoolExecutor(2) as pool, turns(60):
        pool.submit(hold, "large", 100)
        wait_until(lambda: len(turns._waiting) == 1)
        pool.submit(hold, "small", 10)
        wait_until(lambda: len(turns._waiting) == 2)
        assert order == []
    assert order == ["large", "small"]


def test_waiting_has_an_end() -> None:
    """One that waited in vain is refused, and keeps no place in the queue."""
    turns = turns_of(100, seconds=0.01)
    with turns(60):
        with pytest.raises(ServiceBusy), turns(60):
            pass
        with turns(40):
            pass
