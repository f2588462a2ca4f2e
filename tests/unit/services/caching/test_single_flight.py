"""Calls that are shared between threads, and how many threads may wait for one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import Overloaded
from app.http.concurrency import Places
from app.services.caching.single_flight import SingleFlight
from tests.support.concurrency.threads import wait_until

KEY = ("id", "name")


def test_threads_above_the_places_do_not_wait() -> None:
    """One thread works and two wait; a fourth is refused, for other keys there is no limit."""
    flight: SingleFlight[str] = SingleFlight(places := Places(2, lambda: Overloaded("full")))
    started, gate = threading.Event(), threading.Event()

    def work(_: object) -> str:
        started.set()
        assert gate.wait(60)
        return "shared"

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(flight.run, KEY, work)]
        assert started.wait(60)
        running += [pool.submit(flight.run, KEY, work) for _ in range(2)]
        wait_until(lambda: places.free == 0)
        with pytest.raises(Overloaded):
            flight.run(KEY, work)
        assert flight.run(("id", "another"), lambda _: "own") == "own"
        gate.set()
        assert [one.result(60) for one in running] == ["shared"] * 3
