"""The SQLite file of all record ports, and its errors translated."""

import contextlib
import os
import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from app.errors import RecordsUnavailable
from app.services.files.permissions import make_folder, open_new
from app.services.runtime.lazy_client import LazyClient
from app.services.sqlite.failures import classify, retry_while_busy
from app.services.sqlite.schema import migrate

_BUSY_SECONDS = 5.0


class _IdleConnections(queue.LifoQueue[sqlite3.Connection]):
    """The open connections that no thread is using."""

    def close(self) -> None:
        """Close them. Connections in use are closed when they are dropped."""
        while not self.empty():
            self.get_nowait().close()


class SqliteDatabase:
    """One file with all tables, shared by threads and worker processes.

    A committed transaction is on the disk (WAL with synchronous=FULL).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: LazyClient[_IdleConnections] = LazyClient(self._prepare)
        self._writer = threading.Lock()

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._idle.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a write transaction, to one thread at a time.

        SQLite's own waiting is not fair: it sleeps longer and longer between attempts, so some
        of a hundred threads would time out. Threads therefore wait for a lock here, and only
        processes compete for the file.
        """
        if not self._writer.acquire(timeout=_BUSY_SECONDS):
            raise RecordsUnavailable("SQLite: timeout waiting for other writing threads")
        try:
            with self.connection() as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
        finally:
            self._writer.release()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Yield an idle or new connection for one transaction."""
        try:
            idle = self._idle()
            try:
                connection = idle.get_nowait()
            except queue.Empty:
                connection = self._open()
            try:
                with connection:  # commits, or rolls back
                    yield connection
            except BaseException:  # reason: however it ended, a transaction may still be open
                connection.close()
                raise
            idle.put(connection)
        except (sqlite3.Error, OSError) as error:
            raise RecordsUnavailable(f"SQLite: {classify(error).detail}") from None

    def _prepare(self) -> _IdleConnections:
        make_folder(self.path.parent)
        with contextlib.suppress(FileExistsError):  # SQLite gives -wal and -shm the same mode
            os.close(open_new(self.path))
        with closing(self._open()) as connection:
            use_log = partial(connection.execute, "PRAGMA journal_mode = WAL")
            retry_while_busy(use_log, seconds=_BUSY_SECONDS)
            migrate(connection)
        return _IdleConnections()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        return connection
