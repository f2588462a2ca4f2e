"""Counts requests in an SQLite file, for all workers of a server, or in memory for one process."""

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.models import Rate, Standing
from app.services.private_files import make_folder, open_new
from app.services.rate_limiter import WindowDown

_PATIENCE_SECONDS = 0.09  # for other processes
# For other threads. Their line moves quickly, and who gave up soon would be counted elsewhere: a
# burst of requests would have its rate again in each process.
_QUEUE_SECONDS = 1.0
_MOST_ROWS = 200_000  # about 20 MB, however many addresses call
# A few at a time: nobody has to wait for the rows of a flood. More go than come.
_DROP_OLD = """
DELETE FROM hits WHERE id IN (SELECT id FROM hits WHERE until <= ? ORDER BY until LIMIT 100)
"""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS hits (
    id INTEGER PRIMARY KEY, who BLOB NOT NULL, until REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS hits_by_caller ON hits (who, until);
CREATE INDEX IF NOT EXISTS hits_by_end ON hits (until);
-- How many there are of each caller: to count them anew would take longer, the higher the rate.
CREATE TABLE IF NOT EXISTS counts (who BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS counted AFTER INSERT ON hits BEGIN
    INSERT INTO counts VALUES (new.who, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER IF NOT EXISTS uncounted AFTER DELETE ON hits BEGIN
    UPDATE counts SET n = n - 1 WHERE who = old.who;
    DELETE FROM counts WHERE who = old.who AND n = 0;
END;
-- And of all, under a name that nobody has.
CREATE TRIGGER IF NOT EXISTS counted_all AFTER INSERT ON hits BEGIN
    INSERT INTO counts VALUES (x'', 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER IF NOT EXISTS uncounted_all AFTER DELETE ON hits BEGIN
    UPDATE counts SET n = n - 1 WHERE who = x'';
END;
"""
# Those that would be over first: a flood against short limits leaves the long ones alone.
_DROP_EXCESS = """
DELETE FROM hits WHERE id IN (SELECT id FROM hits ORDER BY until LIMIT max(0, ? - ?))
"""
_ALL = b""
_FORGET_OLD = "DELETE FROM hits WHERE who = ? AND until <= ?"
_FORGET_FUTURE = "DELETE FROM hits WHERE who = ? AND until > ?"
_COUNT = "SELECT coalesce((SELECT n FROM counts WHERE who = ?), 0)"
_FIRST_END = "SELECT min(until) FROM hits WHERE who = ?"


class SqliteWindow:
    """An exact moving window: a row for each request that was let in, until it counts no more.

    Args:
        path: the file; None for memory of this process alone.
        now: seconds since 1970, the same for all processes.
        most_rows: above that those are forgotten that would be over first, whoever's they are.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        now: Callable[[], float] = time.time,
        most_rows: int = _MOST_ROWS,
    ) -> None:
        self._path = path
        self._now = now
        self._most_rows = most_rows
        self._lock = threading.Lock()  # threads take turns; only processes compete for the file
        self._failures = 0  # who waits behind one need not find out again
        self._connection: sqlite3.Connection | None = None

    def hit(self, rate: Rate, who: str) -> Standing:
        """Count a request, unless the rate is used up.

        Raises:
            WindowDown: the file can't be used, or others hold it. Memory never fails.
        """
        failures = self._failures
        # Memory has nobody to turn to after it.
        if not self._lock.acquire(timeout=_QUEUE_SECONDS if self._path else -1):
            raise WindowDown("the file of limits is busy")
        try:
            if failures != self._failures:
                raise WindowDown("the file of limits has just failed for another thread")
            return self._hit(rate, _name(rate, who))
        except (sqlite3.Error, OSError) as error:
            self._failures += 1
            raise WindowDown(f"the file of limits, {type(error).__name__}") from None
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let go of the connection; the next use opens a new one."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    def _hit(self, rate: Rate, who: bytes) -> Standing:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            standing = self._count(connection, rate, who)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return standing

    def _count(self, connection: sqlite3.Connection, rate: Rate, who: bytes) -> Standing:
        now = self._now()
        until = now + rate.seconds
        connection.execute(_DROP_OLD, (now,))
        # A clock that was set back must not keep anyone out for longer than the window.
        connection.execute(_FORGET_FUTURE, (who, until))
        connection.execute(_FORGET_OLD, (who, now))
        (count,) = connection.execute(_COUNT, (who,)).fetchone()
        (first_end,) = connection.execute(_FIRST_END, (who,)).fetchone()
        allowed = count < rate.amount
        if allowed:
            connection.execute("INSERT INTO hits (who, until) VALUES (?, ?)", (who, until))
            (rows,) = connection.execute(_COUNT, (_ALL,)).fetchone()
            if rows > self._most_rows:
                connection.execute(_DROP_EXCESS, (rows, self._most_rows))
            count += 1
        left = (first_end or until) - now
        return Standing(allowed=allowed, remaining=max(0, rate.amount - count), reset=left)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._path:
                make_folder(self._path.parent)
                with contextlib.suppress(FileExistsError):  # SQLite gives -wal and -shm its mode
                    os.close(open_new(self._path))
            connection = sqlite3.connect(
                self._path or ":memory:",
                timeout=_PATIENCE_SECONDS,
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
