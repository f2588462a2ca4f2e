"""What SIGTERM does in the master and in a worker, without gunicorn around."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType

import pytest
from gunicorn.workers.gthread import PollableMethodQueue

from app.http.concurrency import ConcurrencyLimit
from app.server.graceful_shutdown import close_at_stop, finish_before_leaving
from app.server.gthread_worker import Worker


@dataclass
class Reported:
    """Stands for gunicorn's master and worker, and notes what it was told."""

    pid: int = field(default_factory=os.getpid)
    master_pid: int = 0
    reexec_pid: int = 0
    signals: list[int] = field(default_factory=list)
    alive: bool = True
    stays: int = 0

    def signal(self, sig: int, frame: FrameType | None) -> None:
        """Note the master's own handling of a signal."""
        assert frame is None or frame.f_lineno
        self.signals.append(sig)

    handle_exit = signal

    def stay(self) -> None:
        """Count what is waited for."""
        self.stays += 1

    def go(self) -> None:
        """Count one less."""
        self.stays -= 1


@pytest.fixture(autouse=True)
def _handlers_stay_here() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_the_master_closes_and_then_does_what_it_always_does() -> None:
    """On SIGTERM the door closes, and gunicorn's own handler gets the signal."""
    master, in_flight = Reported(), ConcurrencyLimit(1)
    close_at_stop(master, in_flight)
    assert not in_flight.closed
    signal.raise_signal(signal.SIGTERM)
    assert (in_flight.closed, master.signals) == (True, [signal.SIGTERM])


@pytest.mark.parametrize(
    "master",
    [Reported(reexec_pid=7), Reported(master_pid=7), Reported(pid=1)],
    ids=["old", "new", "child"],
)
def test_where_another_serves_on_nothing_closes(master: Reported) -> None:
    """One of two masters that stops, or a worker just forked, closes no door; it only leaves."""
    in_flight = ConcurrencyLimit(1)
    close_at_stop(master, in_flight)
    signal.raise_signal(signal.SIGTERM)
    assert (in_flight.closed, master.signals) == (False, [signal.SIGTERM])


def test_a_worker_that_is_replaced_leaves_at_once() -> None:
    """Without a stop of the server the worker's SIGTERM is gunicorn's, generations or not.

    Its process stays for them, though their callers may have left, and also for one that begins
    only then, on a connection that was open before.
    """
    worker, in_flight = Reported(), ConcurrencyLimit(1)
    finish_before_leaving(worker, in_flight)
    with in_flight:
        signal.raise_signal(signal.SIGTERM)
        assert (worker.signals, worker.stays) == ([signal.SIGTERM], 1)
    assert worker.stays == 0
    worker.alive = False
    with in_flight:
        assert worker.stays == 1
        in_flight.close()
        signal.raise_signal(signal.SIGTERM)
    assert (worker.signals, worker.stays) == ([signal.SIGTERM], 0)


def test_a_worker_that_stays_is_waited_for_like_for_a_caller() -> None:
    """What keeps gunicorn's loop alive is one connection more, until the loop hears otherwise."""
    worker = object.__new__(Worker)
    worker.nr_conns, worker.method_queue = 0, PollableMethodQueue()
    worker.method_queue.init()
    worker.stay()
    worker.method_queue.run_callbacks(None)
    assert worker.nr_conns == 1
    worker.go()
    worker.method_queue.run_callbacks(None)
    worker.method_queue.close()
    assert worker.nr_conns == 0


def test_a_worker_of_a_server_that_stops_leaves_with_its_last_generation() -> None:
    """Then the worker's SIGTERM waits, however often it comes, and is handled in the end."""
    worker, in_flight = Reported(), ConcurrencyLimit(2)
    finish_before_leaving(worker, in_flight)
    with in_flight:
        with in_flight:
            in_flight.close()
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
        assert worker.signals == []
    assert worker.signals == [signal.SIGTERM]
    signal.raise_signal(signal.SIGTERM)
    assert worker.signals == [signal.SIGTERM] * 2


def test_a_worker_that_starts_into_a_stop_leaves() -> None:
    """A SIGTERM that came before the worker's handler was there is made up for."""
    worker, in_flight = Reported(), ConcurrencyLimit(1)
    in_flight.close()
    finish_before_leaving(worker, in_flight)
    assert worker.signals == [signal.SIGTERM]
