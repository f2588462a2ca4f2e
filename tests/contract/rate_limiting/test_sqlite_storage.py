"""What the SQLite file of rate limits promises beside what all backends do."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.models import Rate
from app.services.rate_limiting.backend import StorageBackend, sqlite_backend
from app.services.rate_limiting.limiter import BackendUnavailable, SharedRateLimiter
from tests.support.concurrency.threads import fastest, in_threads, seconds
from tests.support.time_limits import short_limits

RATE = Rate(7, 60)
NewFile = Callable[..., StorageBackend]


class Clock:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.time


@pytest.fixture
def clock() -> Clock:
    """Make a clock."""
    return Clock()


def allowed(
    backend: StorageBackend | SharedRateLimiter, rate: Rate, key: str, hits: int = 20
) -> int:
    """Return how many of some requests are allowed."""
    return sum(backend.hit(rate, key).allowed for _ in range(hits))


def test_two_processes_share_the_file(new_file: NewFile) -> None:
    """What one process counts counts for the other."""
    one, other = new_file(), new_file()
    one.hit(Rate(1, 60), "a")
    assert not other.hit(Rate(1, 60), "a").allowed


def test_a_burst_in_two_processes_is_counted_exactly(new_file: NewFile) -> None:
    """Of 40 simultaneous requests in two processes 7 are allowed."""
    processes = new_file(), new_file()
    assert sum(in_threads(40, lambda number: processes[number % 2].hit(RATE, "a").allowed)) == 7


def test_a_long_queue_of_threads_is_counted_in_the_file(
    new_file: NewFile, memory: StorageBackend
) -> None:
    """However long threads wait for each other, none of them is counted in memory instead."""

    def slow_clock() -> float:
        time.sleep(0.002)
        return time.time()

    limiter = SharedRateLimiter([new_file(busy_seconds=0.01, now=slow_clock)], memory)
    assert sum(in_threads(50, lambda _: limiter.hit(RATE, "a").allowed)) == 7


def test_a_queue_of_threads_waits_for_a_busy_file_once(
    new_file: NewFile, memory: StorageBackend, tmp_path: Path
) -> None:
    """While another process writes, threads don't wait for it one after the other."""
    limiter = SharedRateLimiter([new_file(busy_seconds=0.5)], memory)
    limiter.hit(RATE, "b")
    with closing(sqlite3.connect(tmp_path / "limits", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        took = seconds(lambda: in_threads(20, lambda _: limiter.hit(RATE, "a")))
    assert took < 5  # of the 10 seconds that 20 waits take
    assert memory.hit(RATE, "a").remaining == 0


def test_a_busy_file_costs_90_ms(tmp_path: Path) -> None:
    """With the shipped time limits; a busy machine may add as much again."""

    def refused() -> None:
        with pytest.raises(BackendUnavailable):
            backend.hit(RATE, "a")

    path = tmp_path / "limits"
    with (
        short_limits(1),
        closing(sqlite_backend(path)) as backend,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        backend.hit(RATE, "a")
        other.execute("BEGIN IMMEDIATE")
        assert 0.08 < fastest(lambda: seconds(refused), enough=0.2) < 0.2


def test_an_unusable_file_is_unavailable(tmp_path: Path, memory: StorageBackend) -> None:
    """Then each process counts in its memory."""
    (tmp_path / "limits").write_bytes(b"not a database" * 100)
    with closing(sqlite_backend(tmp_path / "limits")) as backend:
        with pytest.raises(BackendUnavailable):
            backend.hit(RATE, "a")
        assert allowed(SharedRateLimiter([backend], memory), RATE, "a") == 7


def test_the_file_is_private(tmp_path: Path) -> None:
    """Only the service's user can read whom it counts; a folder made for it is private too."""
    folder = tmp_path / "data %41?#"
    with closing(sqlite_backend(folder / "limits")) as backend:
        backend.hit(RATE, "a")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
        assert (folder / "limits").exists()


def test_the_window_is_exact(new_file: NewFile, clock: Clock) -> None:
    """No span of a minute has more requests than the rate, also across its middle."""
    file = new_file(now=clock)
    file.hit(Rate(2, 60), "a")
    clock.time += 50
    file.hit(Rate(2, 60), "a")
    clock.time += 9.9
    refused = file.hit(Rate(2, 60), "a")
    assert (refused.allowed, round(refused.reset, 3)) == (False, 0.1)
    clock.time += 0.1
    assert file.hit(Rate(2, 60), "a").allowed
    assert not file.hit(Rate(2, 60), "a").allowed


def test_expired_requests_never_count(new_file: NewFile, clock: Clock) -> None:
    """Also when a flood left more of them than one request deletes."""
    file = new_file(now=clock)
    for number in range(150):
        file.hit(Rate(1, 60), f"address {number}")
    clock.time += 0.1
    file.hit(Rate(1, 60), "a")
    clock.time += 60
    assert file.hit(Rate(1, 60), "a").allowed


def test_a_clock_that_is_set_back_refuses_no_request(new_file: NewFile, clock: Clock) -> None:
    """Requests of the future do not count."""
    file = new_file(now=clock)
    for step in (0, -30, -500):
        clock.time += step
        assert file.hit(Rate(1, 60), "a").allowed


def test_short_limits_leave_long_ones_alone(new_file: NewFile, clock: Clock) -> None:
    """However many requests were counted and expired since, a request of the day still counts."""
    file = new_file(now=clock, max_entries=10)
    assert file.hit(Rate(1, 86400), "generate a").allowed
    for _ in range(30):
        clock.time += 0.5
        file.hit(Rate(5, 1), "default a")
    assert not file.hit(Rate(1, 86400), "generate a").allowed


@pytest.mark.parametrize(("flood", "other"), [(3600, 60), (60, 3600), (86400, 1)])
def test_a_flood_of_one_length_voids_no_other(
    new_file: NewFile, clock: Clock, flood: int, other: int
) -> None:
    """Windows of each length have room of their own, for earlier and for later requests."""
    file = new_file(now=clock, max_entries=50)
    assert file.hit(Rate(3, other), "before").allowed
    for number in range(100):
        file.hit(Rate(1, flood), f"address {number}")
    assert allowed(file, Rate(3, other), "before") == 2
    assert allowed(file, Rate(3, other), "after") == 3


def test_a_caller_is_counted_in_a_flood(new_file: NewFile, clock: Clock) -> None:
    """The newest requests are deleted last, though windows of the same length fill the room."""
    file = new_file(now=clock, max_entries=50)
    for number in range(100):
        clock.time += 0.01
        file.hit(RATE, f"address {number}")
    assert allowed(file, RATE, "a") == 7


def test_a_rate_beyond_what_can_be_kept_is_lowered(new_file: NewFile) -> None:
    """Then as many requests are allowed as can be kept, and the status says so."""
    file = new_file(max_entries=10)
    statuses = [file.hit(Rate(1000, 60), "a") for _ in range(12)]
    assert [status.remaining for status in statuses] == [*range(9, -1, -1), 0, 0]
    assert sum(status.allowed for status in statuses) == 10


def test_the_number_of_entries_is_bounded(new_file: NewFile, tmp_path: Path) -> None:
    """However many callers there are, no more entries are kept than allowed."""
    file = new_file(max_entries=10)
    for number in range(50):
        file.hit(RATE, f"address {number}")
    with closing(sqlite3.connect(tmp_path / "limits")) as other:
        assert other.execute("SELECT count(*) FROM entries").fetchone() == (10,)


def test_expired_entries_are_deleted(new_file: NewFile, clock: Clock, tmp_path: Path) -> None:
    """Each counted request deletes more expired ones than it adds."""
    file = new_file(now=clock)
    for number in range(50):
        file.hit(RATE, f"address {number}")
    clock.time += 61
    for number in range(13):
        file.hit(RATE, f"later {number}")
    with closing(sqlite3.connect(tmp_path / "limits")) as other:
        assert other.execute("SELECT count(*) FROM entries").fetchone() == (13,)


def test_a_file_of_an_earlier_version_is_used(new_file: NewFile, tmp_path: Path) -> None:
    """Its counts are forgotten, its tables deleted, and limits hold in it."""
    with closing(sqlite3.connect(tmp_path / "limits")) as old:
        old.executescript("""
            CREATE TABLE requests (id INTEGER PRIMARY KEY, who BLOB, seconds INTEGER, until REAL);
            CREATE TABLE sums (who BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TRIGGER counted AFTER INSERT ON requests BEGIN
                INSERT INTO sums VALUES (new.who, 1) ON CONFLICT DO UPDATE SET n = n + 1;
            END;
        """)
        assert allowed(new_file(), RATE, "a") == 7
        tables = old.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert tables == [("entries",)]


def test_processes_that_start_together_share_a_new_file(tmp_path: Path) -> None:
    """Eight processes that make the file at the same moment count exactly in it."""
    backends = [
        sqlite_backend(tmp_path / "limits", busy_seconds=30, queue_seconds=30) for _ in range(8)
    ]
    try:
        assert sum(in_threads(8, lambda number: backends[number].hit(RATE, "a").allowed)) == 7
    finally:
        for backend in backends:
            backend.close()
