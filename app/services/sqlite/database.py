"""The SQLite file that all record ports share, and the one place where its errors become ours."""

import contextlib
import os
import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.errors import RecordsUnavailable
from app.services.files.permissions import make_folder, open_new
from app.services.runtime.lazy_client import LazyClient
from app.services.sqlite.schema import migrate

_BUSY_SECONDS = 5.0


class _Connections(queue.LifoQueue[sqlite3.Connection]):
    """The connections that nobody uses right now."""

    def close(self) -> None:
        """Close them; one that is lent meanwhile closes when it is dropped."""
        while not self.empty():
            self.get_nowait().close()


class SqliteDatabase:
    """One file with all tables; workers and threads may share it.

    What a transaction has written is on the disk when it ends (WAL with synchronous=FULL).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: LazyClient[_Connections] = LazyClient(self._first)
        self._writer = threading.Lock()

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._idle.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose transaction may write, to one thread at a time.

        SQLite lets those who wait for the file sleep longer and longer, and whoever comes first
        takes it: among a hundred threads some would never have their turn within the time. So
        the threads wait here, and only processes compete for the file.
        """
        if not self._writer.acquire(timeout=_BUSY_SECONDS):
            raise RecordsUnavailable("SQLite: other threads have been writing all the time")
        try:
            with self.connection() as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
        finally:
            self._writer.release()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend an idle connection, or a new one, for one transaction."""
        try:
            idle = self._idle()
            try:
                connection = idle.get_nowait()
            except queue.Empty:
                connection = self._open()
            try:
                with connection:  # commits, or rolls back
                    yield connection
            except BaseException:  # reason: however it ended, its transaction may be open
                connection.close()
                raise
            idle.put(connection)
        except (sqlite3.Error, OSError) as error:
            raise RecordsUnavailable(f"SQLite: {type(error).__name__}") from None

    def _first(self) -> _Connections:
        make_folder(self.path.parent)
        with contextlib.suppress(FileExistsError):  # SQLite gives -wal and -shm the same mode
            os.close(open_new(self.path))
        with closing(self._open()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection)
        return _Connections()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        return connection
