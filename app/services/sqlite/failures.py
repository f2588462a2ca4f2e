"""Failures of SQLite: what they mean, and waiting where SQLite itself does not."""

import errno
import sqlite3
import time
from collections.abc import Callable

from app.services.runtime.failures import Failure, FailureKind

_PAUSE_SECONDS = 0.005
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


def retry_while_busy(prepare: Callable[[], object], *, seconds: float) -> None:
    """Call a function that prepares a file; again while another process is using the file.

    SQLite does not wait if two processes switch a new file to a write-ahead log together: one of
    them gets SQLITE_BUSY immediately, whatever its timeout.

    Args:
        prepare: prepares the file; it may be called again after any of its steps.
        seconds: how long to retry.

    Raises:
        sqlite3.Error: the file stays busy, or can't be used.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            prepare()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _is_busy(error: sqlite3.Error) -> bool:
    return error.sqlite_errorcode & _PRIMARY_CODE == sqlite3.SQLITE_BUSY
