"""One suite for all places where requests are counted, and what happens when one is down."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.models import Rate
from app.services.rate_limiting.limiter import (
    BackendUnavailable,
    RateLimitBackend,
    SharedRateLimiter,
)
from app.services.rate_limiting.redis_window import RedisWindow
from app.services.rate_limiting.sqlite_window import SqliteWindow
from tests.support.concurrency.threads import in_threads, wait_until
from tests.support.observability.log_capture import log_lines
from tests.support.servers.databases import RedisServer
from tests.support.servers.fault_proxy import FaultProxy

MINUTE = Rate(7, 60)
SLOWER = 1.0
"""100 ms that may be spent, and the rest for a busy test machine."""


@pytest.fixture
def no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the places where requests are counted, however busy the test machine is."""
    monkeypatch.setattr("app.services.caching.redis.TIMEOUT_SECONDS", 10)
    monkeypatch.setattr("app.services.rate_limiting.sqlite_window._TIMEOUT_SECONDS", 10)
    monkeypatch.setattr("app.services.rate_limiting.sqlite_window._QUEUE_SECONDS", 10)


@pytest.fixture(params=["redis", "file", "memory"])
def window(
    request: pytest.FixtureRequest,
    no_haste: None,  # noqa: ARG001 - reason: what it sets is wanted, not what it gives
    tmp_path: Path,
) -> Iterator[RateLimitBackend]:
    """Make each place where requests can be counted."""
    made: RateLimitBackend
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_flushed")
        made = RedisWindow(f"redis://{server.host}:{server.port}/0")
    else:
        made = SqliteWindow(tmp_path / "limits.sqlite3" if request.param == "file" else None)
    with contextlib.closing(made):
        yield made


def test_so_many_are_let_in_and_no_more(window: RateLimitBackend) -> None:
    """The rate's amount is let in, then nobody; the standing tells how many are left."""
    standings = [window.hit(MINUTE, "a") for _ in range(9)]
    assert [standing.allowed for standing in standings] == [True] * 7 + [False] * 2
    assert [standing.remaining for standing in standings] == [6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert all(0 < standing.reset <= 60 for standing in standings)
    assert window.hit(MINUTE, "b").allowed


def test_looking_counts_nothing(window: RateLimitBackend) -> None:
    """Who only looks hears whether there is room, however often, and takes none of it."""
    for _ in range(9):
        assert window.hit(MINUTE, "a", add=False).allowed
    assert window.hit(MINUTE, "a", add=False).remaining == 7
    assert [window.hit(MINUTE, "a").allowed for _ in range(7)] == [True] * 7
    full = window.hit(MINUTE, "a", add=False)
    assert (full.allowed, full.remaining) == (False, 0)
    assert 0 < full.reset <= 60


def test_threads_share_the_count(window: RateLimitBackend) -> None:
    """Of 21 threads at once exactly 7 are let in; where the machine is too busy, they ask again."""

    def patient(_: int) -> bool:
        while True:
            with contextlib.suppress(BackendUnavailable):
                return window.hit(MINUTE, "a").allowed

    assert sum(in_threads(21, patient)) == 7


@pytest.mark.usefixtures("no_haste")
def test_a_burst_is_counted_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in line for the file isn't let in by memory, however long the line is."""
    monkeypatch.setattr("app.services.rate_limiting.sqlite_window._TIMEOUT_SECONDS", 0.01)

    def slow_clock() -> float:
        time.sleep(0.002)
        return time.time()

    file = SqliteWindow(tmp_path / "file", now=slow_clock)
    with contextlib.closing(SharedRateLimiter([file], SqliteWindow())) as limiter:
        assert sum(in_threads(50, lambda _: limiter.hit(MINUTE, "a").allowed)) == 7


@pytest.mark.usefixtures("no_haste")
def test_who_waits_behind_a_failure_does_not_try_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another process holds the file, a line of threads waits once, not each in turn."""
    monkeypatch.setattr("app.services.rate_limiting.sqlite_window._TIMEOUT_SECONDS", 0.2)
    path = tmp_path / "file"
    file = SqliteWindow(path)
    with (
        contextlib.closing(SharedRateLimiter([file], SqliteWindow())) as limiter,
        contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        limiter.hit(MINUTE, "b")
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert sum(in_threads(20, lambda _: limiter.hit(MINUTE, "a").allowed)) == 7
        assert time.monotonic() - began < SLOWER


def test_the_file_is_private(tmp_path: Path) -> None:
    """Only who runs the service can read whom it counts; the folder, if made here, too."""
    folder = tmp_path / "data"
    with contextlib.closing(SqliteWindow(folder / "limits.sqlite3")) as window:
        window.hit(MINUTE, "a")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_the_window_moves(window: RateLimitBackend) -> None:
    """A request counts no more when its time is over; those that were refused never counted."""
    second = Rate(1, 1)
    assert window.hit(second, "a").allowed
    assert not window.hit(second, "a").allowed
    wait_until(lambda: window.hit(second, "a").allowed)


def test_the_window_is_exact(tmp_path: Path) -> None:
    """In no span of a minute are more let in than the rate says, also across its middle."""
    now = [1000.0]
    with contextlib.closing(SqliteWindow(tmp_path / "file", now=lambda: now[0])) as window:
        window.hit(Rate(2, 60), "a")
        now[0] += 50
        window.hit(Rate(2, 60), "a")
        now[0] += 9.9
        refused = window.hit(Rate(2, 60), "a")
        assert (refused.allowed, round(refused.reset, 3)) == (False, 0.1)
        now[0] += 0.1
        assert window.hit(Rate(2, 60), "a").allowed
        assert not window.hit(Rate(2, 60), "a").allowed


def test_what_is_over_never_counts() -> None:
    """Also where a flood left more old rows than one request clears away."""
    now = [1000.0]
    with contextlib.closing(SqliteWindow(now=lambda: now[0])) as window:
        for number in range(150):
            window.hit(Rate(1, 60), f"address {number}")
        now[0] += 0.1
        window.hit(Rate(1, 60), "a")
        now[0] += 60
        assert window.hit(Rate(1, 60), "a").allowed


def test_a_clock_that_is_set_back_keeps_nobody_out() -> None:
    """Requests of the future don't count."""
    now = [1000.0]
    with contextlib.closing(SqliteWindow(now=lambda: now[0])) as window:
        assert window.hit(Rate(1, 60), "a").allowed
        now[0] -= 500
        assert window.hit(Rate(1, 60), "a").allowed


def test_a_long_limit_outlives_short_ones_that_are_over() -> None:
    """However many requests came and were over since, what still counts is kept."""
    now = [1000.0]
    with contextlib.closing(SqliteWindow(now=lambda: now[0], most_rows=10)) as window:
        assert window.hit(Rate(1, 86400), "generate a").allowed
        for _ in range(30):
            now[0] += 0.5  # so that some are always there
            window.hit(Rate(5, 1), "default a")
        assert not window.hit(Rate(1, 86400), "generate a").allowed


@pytest.mark.parametrize(("flood", "other"), [(3600, 60), (60, 3600), (86400, 1)])
def test_a_flood_of_one_length_voids_no_other(flood: int, other: int) -> None:
    """Windows of each length have room of their own: who was counted still is, as who comes now."""
    with contextlib.closing(SqliteWindow(now=lambda: 1000.0, most_rows=50)) as window:
        assert window.hit(Rate(3, other), "before").allowed
        for number in range(100):
            window.hit(Rate(1, flood), f"address {number}")
        assert sum(window.hit(Rate(3, other), "before").allowed for _ in range(20)) == 2
        assert sum(window.hit(Rate(3, other), "after").allowed for _ in range(20)) == 3


def test_who_comes_in_a_flood_is_counted() -> None:
    """What is counted now goes last, though windows of its own length fill the room."""
    now = [1000.0]
    with contextlib.closing(SqliteWindow(now=lambda: now[0], most_rows=50)) as window:
        for number in range(100):
            now[0] += 0.01
            window.hit(MINUTE, f"address {number}")
        assert sum(window.hit(MINUTE, "a").allowed for _ in range(20)) == 7


def test_a_rate_beyond_what_can_be_counted_is_no_open_door() -> None:
    """Then so many are let in as can be counted, and the standing says so."""
    with contextlib.closing(SqliteWindow(most_rows=10)) as window:
        standings = [window.hit(Rate(1000, 60), "a") for _ in range(12)]
    assert [standing.remaining for standing in standings] == [*range(9, -1, -1), 0, 0]
    assert sum(standing.allowed for standing in standings) == 10


def test_a_file_of_an_older_version_is_used(tmp_path: Path) -> None:
    """Its counts are forgotten, and limits hold in it as ever."""
    with contextlib.closing(sqlite3.connect(tmp_path / "file")) as old:
        old.executescript("""
            CREATE TABLE hits (id INTEGER PRIMARY KEY, who BLOB NOT NULL, until REAL NOT NULL);
            CREATE TABLE counts (who BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TRIGGER counted AFTER INSERT ON hits BEGIN
                INSERT INTO counts VALUES (new.who, 1) ON CONFLICT DO UPDATE SET n = n + 1;
            END;
        """)
    with contextlib.closing(SqliteWindow(tmp_path / "file")) as window:
        assert sum(window.hit(MINUTE, "a").allowed for _ in range(20)) == 7


def test_memory_is_bounded(tmp_path: Path) -> None:
    """However many call, no more than so many rows are kept."""
    with contextlib.closing(SqliteWindow(tmp_path / "file", most_rows=10)) as window:
        for number in range(50):
            window.hit(MINUTE, f"address {number}")
        kept = window._open().execute("SELECT count(*) FROM requests").fetchone()
        assert kept == (10,)


def test_two_processes_share_the_file(tmp_path: Path) -> None:
    """What one connection counts, another one knows."""
    with (
        contextlib.closing(SqliteWindow(tmp_path / "file")) as one,
        contextlib.closing(SqliteWindow(tmp_path / "file")) as other,
    ):
        one.hit(Rate(1, 60), "a")
        assert not other.hit(Rate(1, 60), "a").allowed


@pytest.mark.parametrize("fault", ["refuse", "black_hole", "reset"])
def test_redis_cut_off_in_the_middle(redis_flushed: RedisServer, fault: str) -> None:
    """The next place goes on at once, limits hold there, and one line in the log tells of it."""
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        redis = RedisWindow(f"redis://{proxy.host}:{proxy.port}/0")
        with (
            contextlib.closing(SharedRateLimiter([redis], SqliteWindow())) as limiter,
            log_lines("app.services.rate_limiting.limiter") as lines,
        ):
            assert limiter.hit(MINUTE, "a").remaining == 6
            getattr(proxy, fault)()
            began = time.monotonic()
            assert limiter.hit(MINUTE, "a").remaining == 6
            assert time.monotonic() - began < SLOWER
            assert sum(limiter.hit(MINUTE, "a").allowed for _ in range(20)) == 6
    assert len(lines) == 1


def test_nonsense_in_redis_is_swept_away(redis_flushed: RedisServer) -> None:
    """Whatever lies under our key, the caller is counted."""
    url = f"redis://{redis_flushed.host}:{redis_flushed.port}/0"
    with contextlib.closing(RedisWindow(url)) as window, Redis.from_url(url) as redis:
        window.hit(MINUTE, "a")
        (key,) = redis.keys("image-api:rate:*")
        redis.set(key, b"\xff\x00")
        assert window.hit(MINUTE, "a").remaining == 6
        redis.lpush(key, b"\xff", b"9" * 400, b"-1", b"")
        assert window.hit(MINUTE, "a").remaining == 5


def test_a_file_that_cannot_be_used_stops_nobody(tmp_path: Path) -> None:
    """Then each process counts in its memory."""
    (tmp_path / "file").write_bytes(b"not a database" * 100)
    limiter = SharedRateLimiter([SqliteWindow(tmp_path / "file")], SqliteWindow())
    with contextlib.closing(limiter):
        assert sum(limiter.hit(MINUTE, "a").allowed for _ in range(20)) == 7
