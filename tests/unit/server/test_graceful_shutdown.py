"""SIGTERM in the master and in a worker, without gunicorn."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType

import pytest

from app.http.concurrency import ConcurrencyLimit
from app.server.graceful_shutdown import close_on_shutdown, finish_generations


def _return() -> None:
    """Do nothing."""


@dataclass
class FakeMaster:
    """Stands in for gunicorn's master and records the signals that it handles."""

    pid: int = field(default_factory=os.getpid)
    master_pid: int = 0
    reexec_pid: int = 0
    signals: list[int] = field(default_factory=list)

    def signal(self, sig: int, frame: FrameType | None) -> None:
        """Record a signal."""
        assert frame is None or frame.f_lineno
        self.signals.append(sig)


class FakeWorker:
    """Stands in for a gunicorn worker and records the signals and heartbeats."""

    def __init__(self, run: Callable[[], None] = _return, *, alive: bool = True) -> None:
        self.alive = alive
        self.run = run
        self.signals: list[int] = []
        self.heartbeats = 0
        self.on_heartbeat: Callable[[], object] = _return

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Record a signal."""
        assert frame is None
        self.signals.append(sig)

    def notify(self) -> None:
        """Count a heartbeat."""
        self.heartbeats += 1
        self.on_heartbeat()


@pytest.fixture(autouse=True)
def _restore_handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_master_closes_and_then_runs_its_own_handler() -> None:
    """On SIGTERM the limit closes, and gunicorn's own handler gets the signal."""
    master, limit = FakeMaster(), ConcurrencyLimit(1)
    close_on_shutdown(master, limit)
    assert not limit.closed
    signal.raise_signal(signal.SIGTERM)
    assert (limit.closed, master.signals) == (True, [signal.SIGTERM])


@pytest.mark.parametrize(
    "master",
    [FakeMaster(reexec_pid=7), FakeMaster(master_pid=7), FakeMaster(pid=1)],
    ids=["old master", "new master", "forked worker"],
)
def test_nothing_closes_where_another_master_serves(master: FakeMaster) -> None:
    """One of two masters, or a worker just forked, passes the signal on and closes nothing."""
    limit = ConcurrencyLimit(1)
    close_on_shutdown(master, limit)
    signal.raise_signal(signal.SIGTERM)
    assert (limit.closed, master.signals) == (False, [signal.SIGTERM])


def test_replaced_worker_exits_immediately() -> None:
    """In a reload a worker stops accepting immediately, even while it generates."""
    worker, limit = FakeWorker(), ConcurrencyLimit(1)
    finish_generations(worker, limit)
    with limit:
        signal.raise_signal(signal.SIGTERM)
        assert worker.signals == [signal.SIGTERM]


def test_exiting_worker_ignores_further_signals() -> None:
    """A worker that is exiting already does not handle SIGTERM again, even in a shutdown."""
    worker, limit = FakeWorker(alive=False), ConcurrencyLimit(1)
    finish_generations(worker, limit)
    limit.close()
    signal.raise_signal(signal.SIGTERM)
    assert worker.signals == []


def test_process_outlives_generations_of_clients_that_left() -> None:
    """After the server loop the process waits for the last generation, and sends heartbeats."""
    events: list[str] = []
    worker, limit = FakeWorker(run=lambda: events.append("ran")), ConcurrencyLimit(1)
    finish_generations(worker, limit)
    limit.__enter__()
    worker.on_heartbeat = lambda: limit.__exit__(None, None, None)
    worker.run()
    assert (events, worker.heartbeats) == (["ran"], 1)


def test_process_ends_with_the_server_loop_if_nothing_is_generated() -> None:
    """Without an active generation nothing delays the exit."""
    worker = FakeWorker()
    finish_generations(worker, ConcurrencyLimit(1))
    worker.run()
    assert worker.heartbeats == 0


def test_worker_of_a_stopping_server_exits_after_its_last_generation() -> None:
    """In a shutdown SIGTERM is deferred, however often it comes, until no generation is active."""
    worker, limit = FakeWorker(), ConcurrencyLimit(2)
    finish_generations(worker, limit)
    with limit:
        with limit:
            limit.close()
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
        assert worker.signals == []
    assert worker.signals == [signal.SIGTERM]
    signal.raise_signal(signal.SIGTERM)
    assert worker.signals == [signal.SIGTERM] * 2


def test_worker_that_starts_during_a_shutdown_exits() -> None:
    """A SIGTERM from before the worker's handler was installed is not lost."""
    worker, limit = FakeWorker(), ConcurrencyLimit(1)
    limit.close()
    finish_generations(worker, limit)
    assert worker.signals == [signal.SIGTERM]
