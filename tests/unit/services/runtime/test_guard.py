"""The guard of reads: it bounds the waiting threads, and stops calling what does not respond."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import ImageNotFound, Overloaded, StorageUnavailable
from app.http.concurrency import Places
from app.services.runtime.guard import REST_SECONDS, SLOW_SECONDS, ReadGuard


class Service:
    """A service that responds after some seconds of a clock, which it moves."""

    def __init__(self) -> None:
        self.now, self.calls = 0.0, 0
        self.takes, self.error = 0.0, None  # type: float, Exception | None

    def monotonic(self) -> float:
        """Return the seconds of the clock."""
        return self.now

    def call(self) -> str:
        """Return or raise the scripted response."""
        self.calls += 1
        self.now += self.takes
        if self.error:
            raise self.error
        return "response"

    def falls_silent(self) -> None:
        """From now on, fail after the time limit of a call."""
        self.takes, self.error = 6.0, StorageUnavailable("no response in time")


@pytest.fixture
def service() -> Service:
    """Create a service that responds."""
    return Service()


@pytest.fixture
def guard(service: Service) -> ReadGuard:
    """Guard the service, with two places."""
    return ReadGuard(
        "the store",
        places=Places(2, lambda: Overloaded("full")),
        unavailable=StorageUnavailable,
        monotonic=service.monotonic,
    )


def test_silent_service_is_not_called_again(
    guard: ReadGuard, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """After one call that failed slowly, two hundred fail without a call, in no time."""
    service.falls_silent()
    with caplog.at_level(logging.WARNING):
        for _ in range(200):
            with pytest.raises(StorageUnavailable):
                guard(service.call)
    assert (service.calls, service.now) == (1, service.takes)
    assert caplog.messages == ["the store does not respond: reads fail immediately until it does"]


def test_one_call_at_a_time_tries_again(guard: ReadGuard, service: Service) -> None:
    """After five seconds one call is made; the others fail until it succeeds."""
    service.falls_silent()
    with pytest.raises(StorageUnavailable):
        guard(service.call)
    service.now += REST_SECONDS

    def during_the_call() -> str:
        with pytest.raises(StorageUnavailable):
            guard(service.call)
        return "responds again"

    assert guard(during_the_call) == "responds again"
    assert service.calls == 1
    service.takes, service.error = 0.0, None
    assert guard(service.call) == "response"


@pytest.mark.parametrize(
    ("takes", "error"),
    [
        (SLOW_SECONDS / 2, StorageUnavailable("refused")),
        (6.0, ImageNotFound("a slow response, but one")),
    ],
)
def test_other_failures_leave_it_closed(
    guard: ReadGuard, service: Service, takes: float, error: Exception
) -> None:
    """Neither quick failures nor slow responses stop further calls."""
    service.takes, service.error = takes, error
    for _ in range(3):
        with pytest.raises(type(error)):
            guard(service.call)
    assert service.calls == 3


def test_threads_without_a_place_are_refused(guard: ReadGuard, service: Service) -> None:
    """Two threads may wait; a third is refused, and a place is free again after a failure."""
    entered, gate = threading.Semaphore(0), threading.Event()

    def wait() -> str:
        entered.release()
        assert gate.wait(60)
        return "late"

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(guard, wait) for _ in range(2)]
        assert all(entered.acquire(timeout=60) for _ in waiting)
        with pytest.raises(Overloaded):
            guard(service.call)
        gate.set()
        assert [one.result(60) for one in waiting] == ["late", "late"]
    service.error = ImageNotFound()
    for _ in range(3):
        with pytest.raises(ImageNotFound):
            guard(service.call)
