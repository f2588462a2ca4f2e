"""What every rate limit backend promises: Redis, MongoDB, a file and memory."""

import pytest

from app.models import Rate
from app.services.rate_limiting.backend import StorageBackend
from tests.support.concurrency.threads import in_threads, wait_until

RATE = Rate(7, 60)


def test_the_rate_is_allowed_and_no_more(backend: StorageBackend) -> None:
    """As many requests as the rate says are allowed; the status says how many remain."""
    statuses = [backend.hit(RATE, "a") for _ in range(9)]
    assert [status.allowed for status in statuses] == [True] * 7 + [False] * 2
    assert [status.remaining for status in statuses] == [6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert all(0 < status.reset <= 60 for status in statuses)


def test_each_caller_and_each_window_is_counted_separately(backend: StorageBackend) -> None:
    """A used-up rate affects neither another caller nor a rate of another length."""
    for _ in range(7):
        backend.hit(RATE, "a")
    assert not backend.hit(RATE, "a").allowed
    assert backend.hit(RATE, "b").remaining == 6
    assert backend.hit(Rate(7, 3600), "a").remaining == 6


def test_looking_counts_nothing(backend: StorageBackend) -> None:
    """With `add=False` the status is returned, and no request is counted."""
    for _ in range(9):
        status = backend.hit(RATE, "a", add=False)
        assert (status.allowed, status.remaining) == (True, 7)
        assert 0 < status.reset <= 60
    assert [backend.hit(RATE, "a").allowed for _ in range(7)] == [True] * 7
    full = backend.hit(RATE, "a", add=False)
    assert (full.allowed, full.remaining) == (False, 0)
    assert 0 < full.reset <= 60


def test_a_burst_is_counted_exactly(backend: StorageBackend) -> None:
    """Of 21 simultaneous requests 7 are allowed."""
    assert sum(in_threads(21, lambda _: backend.hit(RATE, "a").allowed)) == 7


def test_no_request_of_a_burst_is_refused_without_reason(backend: StorageBackend) -> None:
    """Of 20 simultaneous requests all are allowed if the rate has room for them."""
    assert all(in_threads(20, lambda _: backend.hit(Rate(100, 60), "a").allowed))


def test_the_window_moves(backend: StorageBackend) -> None:
    """A request counts until its time is over; a refused one never counts."""
    second = Rate(1, 1)
    assert backend.hit(second, "a").allowed
    refused = backend.hit(second, "a")
    wait_until(lambda: backend.hit(second, "a").allowed)
    assert not refused.allowed


def test_an_expired_window_is_empty(backend: StorageBackend) -> None:
    """Looking at a window whose requests all expired reports the whole rate."""
    second = Rate(2, 1)
    backend.hit(second, "a")
    wait_until(lambda: backend.hit(second, "a", add=False).remaining == 2)
    status = backend.hit(second, "a", add=False)
    assert status.allowed
    assert 0 < status.reset <= 1


def test_a_lowered_rate_holds_for_earlier_requests(backend: StorageBackend) -> None:
    """Requests that were counted under a higher rate count under a lower one."""
    for _ in range(6):
        backend.hit(RATE, "a")
    status = backend.hit(Rate(3, 60), "a")
    assert (status.allowed, status.remaining) == (False, 0)
    assert backend.hit(RATE, "a").remaining == 0


@pytest.mark.parametrize("add", [True, False])
def test_closed_connections_are_opened_again(backend: StorageBackend, add: bool) -> None:
    """After closing, the next request is counted as before."""
    backend.hit(RATE, "a")
    backend.close()
    assert backend.hit(RATE, "a", add=add).allowed
