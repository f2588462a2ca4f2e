import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.errors import Charged, ServiceBusy, ShuttingDown
from app.http.concurrency import ConcurrencyLimit
from tests.support.concurrency.threads import in_threads


def test_limit_rejects_one_more_immediately() -> None:
    """The limit admits its number of generations and rejects one more without delay or charge."""
    limit, seconds = ConcurrencyLimit(2), []
    for _ in range(20):  # the fastest counts, as the machine may be busy
        started_at = time.monotonic()
        with limit, limit, pytest.raises(ServiceBusy) as rejected, limit:
            pytest.fail("a third generation was admitted")
        seconds.append(time.monotonic() - started_at)
    assert min(seconds) < 0.2
    assert (rejected.value.status, rejected.value.charged) == (503, Charged.NO)
    assert rejected.value.retry_after


def test_exit_frees_a_place() -> None:
    """Leaving the block frees its place, also after an error."""
    limit = ConcurrencyLimit(1)
    with limit:
        pass
    with pytest.raises(ZeroDivisionError), limit:
        raise ZeroDivisionError
    with limit:
        pass


def test_rejection_frees_no_place() -> None:
    """Rejected generations don't reduce the count of active ones."""
    limit = ConcurrencyLimit(1)
    with limit:
        for _ in range(3):
            with pytest.raises(ServiceBusy), limit:
                pytest.fail("a second generation was admitted")


def test_limit_holds_with_concurrent_threads() -> None:
    """Of many simultaneous threads, exactly the limit's number is admitted."""
    limit, all_tried = ConcurrencyLimit(5), threading.Barrier(20)

    def enter(_: int) -> bool:
        try:
            with limit:
                all_tried.wait(60)
                return True
        except ServiceBusy:
            all_tried.wait(60)
            return False

    assert sum(in_threads(20, enter)) == 5


def test_closed_limit_rejects_new_generations_only() -> None:
    """A closed limit rejects without charge, with or without room; active ones continue."""
    limit = ConcurrencyLimit(2)
    with limit:
        limit.close()
        with pytest.raises(ShuttingDown) as rejected, limit:
            pytest.fail("a generation was admitted")
    with pytest.raises(ShuttingDown), limit:
        pytest.fail("a generation was admitted")
    assert limit.closed
    assert (rejected.value.status, rejected.value.charged) == (503, Charged.NO)
    assert rejected.value.retry_after


def test_idle_callback_runs_once_after_the_last_exit() -> None:
    """The callback runs once no generation is active, immediately if that is so, and once."""
    limit, calls = ConcurrencyLimit(3), list[str]()
    with limit:
        with limit:
            limit.close()
            limit.call_when_idle(lambda: calls.append("last"))
        assert calls == []
    assert calls == ["last"]
    limit.call_when_idle(lambda: calls.append("now"))
    assert calls == ["last", "now"]


def test_idle_callback_runs_once_with_concurrent_exits() -> None:
    """With several threads leaving together, the callback runs once, after all have left."""
    limit, barrier, calls = ConcurrencyLimit(8), threading.Barrier(9), list[int]()

    def enter_and_leave(_: int) -> None:
        with limit:
            barrier.wait(60)
            barrier.wait(60)

    def close(_: int) -> None:
        barrier.wait(60)
        limit.close()
        limit.call_when_idle(lambda: calls.append(1))
        assert calls == []
        barrier.wait(60)

    in_threads(9, lambda number: close(number) if number == 0 else enter_and_leave(number))
    assert calls == [1]


def test_closed_state_is_shared_by_forked_processes_and_counts_are_not() -> None:
    """A limit closed in the parent is closed in its child, and each process counts its own.

    Runs in a process of its own, as forking a process with threads isn't safe.
    """
    script = """
import os
from app.http.concurrency import ConcurrencyLimit
limit, entered, closed = ConcurrencyLimit(1), os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    with limit:
        os.write(entered[1], b"x")
        os.read(closed[0], 1)
        os._exit(0 if limit.closed else 1)
os.read(entered[0], 1)
with limit:
    limit.close()
os.write(closed[1], b"x")
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0
