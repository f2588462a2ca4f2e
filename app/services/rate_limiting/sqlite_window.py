"""Counts requests in an SQLite file, for all workers of a server, or in memory for one process."""

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.models import Rate, RateLimitStatus
from app.services.files.permissions import make_folder, open_new
from app.services.rate_limiting.limiter import BackendUnavailable

_TIMEOUT_SECONDS = 0.09  # for other processes
# For other threads. Their line moves quickly, and who gave up soon would be counted elsewhere: a
# burst of requests would have its rate again in each process.
_QUEUE_SECONDS = 1.0
_MAX_ROWS = 200_000  # about 20 MB for each of four lengths, however many addresses call
# A few at a time: nobody has to wait for the rows of a flood. More go than come.
_DROP_OLD = """
DELETE FROM requests WHERE id IN (
    SELECT id FROM requests WHERE seconds = ? AND until <= ? ORDER BY until LIMIT 100
)
"""
_SCHEMA = """
DROP TABLE IF EXISTS hits;  -- of an older form, and with them triggers of the names below
DROP TABLE IF EXISTS counts;
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, who BLOB NOT NULL, seconds INTEGER NOT NULL, until REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS requests_by_caller ON requests (who, until);
CREATE INDEX IF NOT EXISTS requests_by_end ON requests (seconds, until);
-- How many there are of each caller: to count them anew would take longer, the higher the rate.
CREATE TABLE IF NOT EXISTS sums (who BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS counted AFTER INSERT ON requests BEGIN
    INSERT INTO sums VALUES (new.who, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER IF NOT EXISTS uncounted AFTER DELETE ON requests BEGIN
    UPDATE sums SET n = n - 1 WHERE who = old.who;
    DELETE FROM sums WHERE who = old.who AND n = 0;
END;
-- And of all windows of a length, under that number, which is nobody's name.
CREATE TRIGGER IF NOT EXISTS counted_all AFTER INSERT ON requests BEGIN
    INSERT INTO sums VALUES (CAST(new.seconds AS BLOB), 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER IF NOT EXISTS uncounted_all AFTER DELETE ON requests BEGIN
    UPDATE sums SET n = n - 1 WHERE who = CAST(old.seconds AS BLOB);
END;
"""
# The oldest of one length: a flood against short limits leaves the long ones alone, and the other
# way round; and what is counted now is the last to go.
_DROP_EXCESS = """
DELETE FROM requests WHERE id IN (
    SELECT id FROM requests WHERE seconds = ? ORDER BY until LIMIT max(0, ? - ?)
)
"""
_FORGET_OLD = "DELETE FROM requests WHERE who = ? AND until <= ?"
_FORGET_FUTURE = "DELETE FROM requests WHERE who = ? AND until > ?"
_ADD = "INSERT INTO requests (who, seconds, until) VALUES (?, ?, ?)"
_COUNT = "SELECT coalesce((SELECT n FROM sums WHERE who = ?), 0)"
_FIRST_END = "SELECT min(until) FROM requests WHERE who = ?"


class SqliteWindow:
    """An exact moving window: a row for each request that was let in, until it counts no more.

    Args:
        path: the file; None for memory of this process alone.
        now: seconds since 1970, the same for all processes.
        most_rows: for windows of one length. Above that those are forgotten that would be over
            first, whoever's they are; and no rate lets in more than can be counted.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        now: Callable[[], float] = time.time,
        most_rows: int = _MAX_ROWS,
    ) -> None:
        self._path = path
        self._now = now
        self._most_rows = most_rows
        self._lock = threading.Lock()  # threads take turns; only processes compete for the file
        self._failures = 0  # who waits behind one need not find out again
        self._connection: sqlite3.Connection | None = None

    def hit(self, rate: Rate, who: str, *, add: bool = True) -> RateLimitStatus:
        """Count a request, unless the rate is used up; without `add` only look.

        Raises:
            BackendUnavailable: the file can't be used, or others hold it. Memory never fails.
        """
        failures = self._failures
        # Memory has nobody to turn to after it.
        if not self._lock.acquire(timeout=_QUEUE_SECONDS if self._path else -1):
            raise BackendUnavailable("the file of limits is busy")
        try:
            if failures != self._failures:
                raise BackendUnavailable("the file of limits has just failed for another thread")
            return self._hit(rate, _name(rate, who), add=add)
        except (sqlite3.Error, OSError) as error:
            self._failures += 1
            raise BackendUnavailable(f"the file of limits, {type(error).__name__}") from None
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let go of the connection; the next use opens a new one."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    def _hit(self, rate: Rate, who: bytes, *, add: bool) -> RateLimitStatus:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            standing = self._count(connection, rate, who, add=add)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return standing

    def _count(
        self, connection: sqlite3.Connection, rate: Rate, who: bytes, *, add: bool
    ) -> RateLimitStatus:
        now = self._now()
        until = now + rate.seconds
        connection.execute(_DROP_OLD, (rate.seconds, now))
        # A clock that was set back must not keep anyone out for longer than the window.
        connection.execute(_FORGET_FUTURE, (who, until))
        connection.execute(_FORGET_OLD, (who, now))
        (count,) = connection.execute(_COUNT, (who,)).fetchone()
        (first_end,) = connection.execute(_FIRST_END, (who,)).fetchone()
        amount = min(rate.amount, self._most_rows)
        allowed = count < amount
        if allowed and add:
            self._add(connection, rate.seconds, who, until)
            count += 1
        left = (first_end or until) - now
        return RateLimitStatus(allowed=allowed, remaining=max(0, amount - count), reset=left)

    def _add(self, connection: sqlite3.Connection, seconds: int, who: bytes, until: float) -> None:
        connection.execute(_ADD, (who, seconds, until))
        (rows,) = connection.execute(_COUNT, (str(seconds).encode(),)).fetchone()
        if rows > self._most_rows:
            connection.execute(_DROP_EXCESS, (seconds, rows, self._most_rows))

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._path:
                make_folder(self._path.parent)
                with contextlib.suppress(FileExistsError):  # SQLite gives -wal and -shm its mode
                    os.close(open_new(self._path))
            connection = sqlite3.connect(
                self._path or ":memory:",
                timeout=_TIMEOUT_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                # Counts may be lost with the machine's power, not with a process.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = OFF")
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _name(rate: Rate, who: str) -> bytes:
    return hashlib.sha256(f"{rate.seconds}:{who}".encode()).digest()[:16]
