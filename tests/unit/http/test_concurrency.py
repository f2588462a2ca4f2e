import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.errors import Charged, ServiceBusy, ShuttingDown
from app.http.concurrency import ConcurrencyLimit
from tests.support.concurrency.threads import at_once


def test_as_many_as_the_limit_come_in_at_once() -> None:
    """Up to the limit callers are in together; the next is refused at once, for nothing."""
    in_flight = ConcurrencyLimit(2)
    began = time.monotonic()
    with in_flight, in_flight, pytest.raises(ServiceBusy) as busy, in_flight:
        pytest.fail("a third caller came in")
    assert time.monotonic() - began < 0.2
    assert (busy.value.status, busy.value.charged) == (503, Charged.NO)
    assert busy.value.retry_after


def test_a_place_is_free_again_when_its_caller_has_left() -> None:
    """Leaving gives the place back, also when an error made the caller leave."""
    in_flight = ConcurrencyLimit(1)
    with in_flight:
        pass
    with pytest.raises(ZeroDivisionError), in_flight:
        raise ZeroDivisionError
    with in_flight:
        pass


def test_a_refused_caller_frees_no_place() -> None:
    """Being refused doesn't make room that isn't there."""
    in_flight = ConcurrencyLimit(1)
    with in_flight:
        for _ in range(3):
            with pytest.raises(ServiceBusy), in_flight:
                pytest.fail("a second caller came in")


def test_the_limit_holds_under_threads() -> None:
    """Of many callers who come at the same moment exactly as many as the limit come in."""
    in_flight, all_tried = ConcurrencyLimit(5), threading.Barrier(20)

    def come(_: int) -> bool:
        try:
            with in_flight:
                all_tried.wait(10)
                return True
        except ServiceBusy:
            all_tried.wait(10)
            return False

    assert sum(at_once(20, come)) == 5


def test_once_closed_nobody_comes_in_and_who_is_in_stays() -> None:
    """A closed one refuses for nothing, with or without room; places are given back as ever."""
    in_flight = ConcurrencyLimit(2)
    with in_flight:
        in_flight.close()
        with pytest.raises(ShuttingDown) as stopping, in_flight:
            pytest.fail("a caller came in")
    with pytest.raises(ShuttingDown), in_flight:
        pytest.fail("a caller came in")
    assert in_flight.closed
    assert (stopping.value.status, stopping.value.charged) == (503, Charged.NO)
    assert stopping.value.retry_after


def test_being_empty_is_reported_once_by_the_last_to_leave() -> None:
    """The call comes when nobody is in any more, at once if that is so already, and only once."""
    in_flight, calls = ConcurrencyLimit(3), list[str]()
    with in_flight:
        with in_flight:
            in_flight.close()
            in_flight.call_when_idle(lambda: calls.append("last"))
        assert calls == []
    assert calls == ["last"]
    in_flight.call_when_idle(lambda: calls.append("now"))
    assert calls == ["last", "now"]


def test_of_many_who_leave_together_one_reports() -> None:
    """Whoever is the last of several threads, the call comes exactly once, after all have left."""
    in_flight, inside, calls = ConcurrencyLimit(8), threading.Barrier(9), list[int]()

    def come_and_go(_: int) -> None:
        with in_flight:
            inside.wait(10)
            inside.wait(10)

    def close(_: int) -> None:
        inside.wait(10)
        in_flight.close()
        in_flight.call_when_idle(lambda: calls.append(1))
        assert calls == []
        inside.wait(10)

    at_once(9, lambda number: close(number) if number == 0 else come_and_go(number))
    assert calls == [1]


def test_closing_holds_for_forked_processes_but_places_are_each_ones_own() -> None:
    """What the parent closes is closed in its child, and the child's callers take no place of it.

    In a process of its own, as forking one with threads isn't safe.
    """
    script = """
import os
from app.http.concurrency import ConcurrencyLimit
in_flight, entered, closed = ConcurrencyLimit(1), os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    with in_flight:
        os.write(entered[1], b"x")
        os.read(closed[0], 1)
        os._exit(0 if in_flight.closed else 1)
os.read(entered[0], 1)
with in_flight:
    in_flight.close()
os.write(closed[1], b"x")
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0
