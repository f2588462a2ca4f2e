"""Functions that are repeated in a background thread."""

import contextlib
import threading
from collections.abc import Iterator

from app.server.periodic import PeriodicTask
from tests.support.observability.log_capture import log_lines


@contextlib.contextmanager
def running(task: PeriodicTask) -> Iterator[None]:
    """Run a task within the block."""
    task.start()
    try:
        yield
    finally:
        task.stop()


def test_function_is_called_repeatedly_in_one_daemon_thread() -> None:
    """The function is called more than once, always in the same daemon thread."""
    threads: list[threading.Thread] = []
    called_thrice = threading.Event()

    def record_thread() -> None:
        threads.append(threading.current_thread())
        if len(threads) >= 3:
            called_thrice.set()

    with running(PeriodicTask(record_thread, 0.001)):
        assert called_thrice.wait(60)
    assert len(set(threads)) == 1
    assert threads[0].daemon
    assert not threads[0].is_alive()


def test_failure_is_logged_and_does_not_end_the_task() -> None:
    """After an exception the next call follows, and the log has the error."""
    calls: list[int] = []
    called_again = threading.Event()

    def fail() -> None:
        calls.append(1)
        if len(calls) > 1:
            called_again.set()
        raise ZeroDivisionError

    with log_lines() as lines, running(PeriodicTask(fail, 0.001)):
        assert called_again.wait(60)
    assert [line for line in lines if line.startswith("ERROR")]


def test_stop_does_not_wait_for_the_interval() -> None:
    """Stopping interrupts the pause, and no call follows."""
    calls: list[int] = []
    task = PeriodicTask(lambda: calls.append(1), 3600)
    before = threading.active_count()
    with running(task):
        task.start()
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    assert calls == []


def test_task_that_never_ran_can_be_stopped() -> None:
    """Stopping a task that was not started does nothing."""
    PeriodicTask(lambda: None, 1).stop()
