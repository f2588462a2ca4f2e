"""The classification of SQLite's errors."""

import errno
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.services.runtime.failures import FailureKind
from app.services.sqlite.failures import classify


def raised_by(work: Callable[[], object]) -> sqlite3.Error:
    """Return the SQLite error that the call raises."""
    with pytest.raises(sqlite3.Error) as caught:
        work()
    return caught.value


def test_errors_of_sqlite_are_classified_by_their_code(tmp_path: Path) -> None:
    """The primary error code decides, and its name is shown."""
    path, text = tmp_path / "file.sqlite3", tmp_path / "text.sqlite3"
    text.write_bytes(b"no database at all" * 100)
    with (
        closing(sqlite3.connect(path, timeout=0)) as one,
        closing(sqlite3.connect(path, timeout=0)) as other,
        closing(sqlite3.connect(text)) as garbage,
    ):
        one.execute("BEGIN IMMEDIATE")
        locked = classify(raised_by(lambda: other.execute("BEGIN IMMEDIATE")))
        damaged = classify(raised_by(lambda: garbage.execute("PRAGMA user_version")))
        invalid = classify(raised_by(lambda: other.execute("SELECT nothing")))
    assert (locked.kind, locked.code) == (FailureKind.LOCKED, "SQLITE_BUSY")
    assert (damaged.kind, damaged.code) == (FailureKind.DAMAGED, "SQLITE_NOTADB")
    assert (invalid.kind, invalid.code) == (FailureKind.REJECTED, "SQLITE_ERROR")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "-"), FailureKind.DISK_FULL),
        (PermissionError(errno.EACCES, "-"), FailureKind.PERMISSION_DENIED),
        (NotADirectoryError(errno.ENOTDIR, "-"), FailureKind.UNREACHABLE),
        (sqlite3.ProgrammingError("a closed connection"), FailureKind.REJECTED),
    ],
)
def test_errors_without_a_code_are_classified(
    error: OSError | sqlite3.Error, kind: FailureKind
) -> None:
    """The system's error number decides where SQLite has no code; the class's name is shown."""
    failure = classify(error)
    assert (failure.kind, failure.code) == (kind, type(error).__name__)
