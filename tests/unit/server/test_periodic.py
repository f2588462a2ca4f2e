"""The ticker: regular work beside the requests."""

import contextlib
import threading
from collections.abc import Iterator

from app.server.periodic import PeriodicTask
from tests.support.observability.log_capture import log_lines


@contextlib.contextmanager
def ticking(ticker: PeriodicTask) -> Iterator[None]:
    """Let it run within the block."""
    ticker.start()
    try:
        yield
    finally:
        ticker.stop()


def test_it_works_again_and_again() -> None:
    """Work is done more than once, in a daemon thread that is not the caller's."""
    threads: list[threading.Thread] = []
    thrice = threading.Event()

    def work() -> None:
        threads.append(threading.current_thread())
        if len(threads) >= 3:
            thrice.set()

    with ticking(PeriodicTask(work, 0.001)):
        assert thrice.wait(10)
    assert len(set(threads)) == 1
    assert threads[0].daemon
    assert not threads[0].is_alive()


def test_a_failing_round_is_logged_and_not_the_last() -> None:
    """Whatever work raises, the next round comes, and the log has the error."""
    rounds: list[int] = []
    again = threading.Event()

    def work() -> None:
        rounds.append(1)
        if len(rounds) > 1:
            again.set()
        raise ZeroDivisionError

    with log_lines() as lines, ticking(PeriodicTask(work, 0.001)):
        assert again.wait(10)
    assert [line for line in lines if line.startswith("ERROR")]


def test_it_stops_within_its_pause() -> None:
    """Stopping does not wait for the pause to end, and no round comes afterwards."""
    rounds: list[int] = []
    ticker = PeriodicTask(lambda: rounds.append(1), 3600)
    before = threading.active_count()
    with ticking(ticker):
        ticker.start()
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    assert rounds == []


def test_stopping_what_never_ran_is_fine() -> None:
    """A server that ends before it has begun may stop it all the same."""
    PeriodicTask(lambda: None, 1).stop()
