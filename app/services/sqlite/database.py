"""The SQLite file of all record ports, and its errors translated."""

import contextlib
import errno
import os
import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.errors import RecordsUnavailable
from app.services.files.permissions import make_folder, open_new
from app.services.runtime.failures import Failure, FailureKind
from app.services.runtime.lazy_client import LazyClient
from app.services.sqlite.schema import migrate

_BUSY_SECONDS = 5.0
_PRIMARY_CODE = 0xFF  # the bits above it are details
_KINDS_BY_CODE = {
    sqlite3.SQLITE_BUSY: FailureKind.LOCKED,
    sqlite3.SQLITE_LOCKED: FailureKind.LOCKED,
    sqlite3.SQLITE_CORRUPT: FailureKind.DAMAGED,
    sqlite3.SQLITE_NOTADB: FailureKind.DAMAGED,
    sqlite3.SQLITE_FULL: FailureKind.DISK_FULL,
    sqlite3.SQLITE_INTERRUPT: FailureKind.INTERRUPTED,
    sqlite3.SQLITE_PERM: FailureKind.PERMISSION_DENIED,
    sqlite3.SQLITE_READONLY: FailureKind.PERMISSION_DENIED,
    sqlite3.SQLITE_AUTH: FailureKind.PERMISSION_DENIED,
    sqlite3.SQLITE_CANTOPEN: FailureKind.UNREACHABLE,
    sqlite3.SQLITE_IOERR: FailureKind.UNREACHABLE,
}
_KINDS_BY_ERRNO = {
    errno.ENOSPC: FailureKind.DISK_FULL,
    errno.EACCES: FailureKind.PERMISSION_DENIED,
    errno.EPERM: FailureKind.PERMISSION_DENIED,
    errno.EROFS: FailureKind.PERMISSION_DENIED,
}


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
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection)
        return _IdleConnections()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        return connection


def classify(error: sqlite3.Error | OSError) -> Failure:
    """Classify an error of SQLite or of its file."""
    if isinstance(error, OSError):
        name = type(error).__name__
        kind = _KINDS_BY_ERRNO.get(error.errno or 0, FailureKind.UNREACHABLE)
        return Failure(kind=kind, detail=name, code=name)
    # Errors of the Python module, such as a closed connection, have no code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY_CODE
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    kind = _KINDS_BY_CODE.get(code, FailureKind.REJECTED)
    return Failure(kind=kind, detail=name, code=name)
