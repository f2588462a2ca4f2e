"""The file of rate limits, as several processes open it."""

from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from app.models import Rate, RateLimitStatus
from app.services.rate_limiting.backend import StorageBackend, sqlite_backend
from tests.support.concurrency.threads import in_threads

RATE = Rate(7, 60)
PATIENCE = 60.0
"""Seconds to wait for another process, which a service in use would give up on after 90 ms."""


def new_backend(path: Path) -> StorageBackend:
    """Open the file as a process of its own would."""
    return sqlite_backend(path, busy_seconds=PATIENCE, queue_seconds=PATIENCE)


def hit(backends: list[StorageBackend], index: int) -> RateLimitStatus:
    """Count a request in one of the processes."""
    return backends[index].hit(RATE, "a")


def test_processes_may_create_the_file_together(tmp_path: Path) -> None:
    """Processes that open a new file at the same time wait for each other.

    SQLite's own waiting does not cover the switch to its write-ahead log.
    """
    for number in range(20):
        backends = [new_backend(tmp_path / str(number)) for _ in range(2)]
        with ExitStack() as stack:
            for backend in backends:
                stack.enter_context(closing(backend))
            statuses = in_threads(2, partial(hit, backends))
            assert [status.allowed for status in statuses] == [True, True]
