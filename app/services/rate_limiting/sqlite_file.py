"""The SQLite file in which all processes of a server count requests."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from app.services.files.permissions import make_file
from app.services.sqlite.failures import retry_while_busy

_BUSY_SECONDS, _QUEUE_SECONDS = 0.09, 1.0


class SqliteFile:
    """One connection to a file or to memory, which threads take in turn.

    Args:
        path: the file, which is created if it is missing; None for memory.
        schema: the SQL to execute on a new connection.
        busy_seconds: how long to wait for another process that writes to the file; default: 0.09.
        queue_seconds: how long to wait for other threads; default: 1. Their queue moves quickly. If
            requests of a burst gave up early, they would be counted elsewhere and could use the
            rate twice.
    """

    def __init__(
        self,
        path: Path | None,
        schema: str,
        *,
        busy_seconds: float | None = None,
        queue_seconds: float | None = None,
    ) -> None:
        self._path, self._schema = path, schema
        self._busy_seconds = _BUSY_SECONDS if busy_seconds is None else busy_seconds
        queue_seconds = _QUEUE_SECONDS if queue_seconds is None else queue_seconds
        self._queue_seconds = queue_seconds if path else -1  # memory has no alternative
        self._lock = threading.Lock()
        self._failures = 0
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """Yield the connection within a transaction, to one thread at a time.

        Raises:
            sqlite3.Error, OSError: the file can't be used, or stays busy.
        """
        failures = self._failures
        if not self._lock.acquire(timeout=self._queue_seconds):
            raise sqlite3.OperationalError("other threads are using the file")
        try:
            if failures != self._failures:  # queued threads fail together, not one by one
                raise sqlite3.OperationalError("the file has just failed for another thread")
            with self._open() as connection:  # commits, or rolls back
                connection.execute(begin)
                yield connection
        except (sqlite3.Error, OSError):
            self._failures += 1
            raise
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the connection; the next use opens a new one."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._path:
                make_file(self._path)
            connection = sqlite3.connect(
                self._path or ":memory:",
                timeout=self._busy_seconds,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                prepare = partial(connection.executescript, self._schema)
                retry_while_busy(prepare, seconds=self._busy_seconds)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection
