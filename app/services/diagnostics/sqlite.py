"""Check the records' SQLite file: integrity, access, durability."""

import contextlib
import sqlite3
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from app.errors import RecordsUnavailable
from app.models import Finding, Level
from app.services.diagnostics.filesystems import MOUNTINFO, mount_of
from app.services.diagnostics.findings import CheckFailed, FindingBuilder
from app.services.runtime.failures import Failure, FailureKind
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.failures import classify

_RECORDS = FindingBuilder("records")
_TIMEOUT_SECONDS = 2.5
_PROGRESS_STEPS = 10_000  # virtual machine steps between two checks of the deadline
_SYNCHRONOUS_FULL = 2
_CHECK_ACCESS = "it must belong to the user that runs the service; check what else holds it open"
_RESTORE = "restore it from a backup, and check the disk"


def check_file(path: Path, *, mountinfo: Path = MOUNTINFO) -> Iterator[Finding]:
    """Check the existing file, then write to it as the service does.

    If there is no file yet, a temporary one beside it is written to instead.
    """
    mount = mount_of(path.parent, mountinfo)
    if mount and mount.over_network:
        found = f"the file is on a network file system ({mount.kind}), where locks can fail"
        yield _RECORDS.warning("disk", found, "put DATA_DIR on a local disk, or use MongoDB")
    if not path.exists():
        yield _RECORDS.ok("file", "none yet: the service creates it at its first use")
        with _temporary_file(path) as other:
            yield _RECORDS.step("write", lambda: _write_like_the_service(other))
        return
    checked = _quick_check(path)
    yield checked
    if checked.level is not Level.FAILED:
        yield _RECORDS.step("write", lambda: _write_like_the_service(path))


def _quick_check(path: Path) -> Finding:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    try:
        with contextlib.closing(_open(path)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _PROGRESS_STEPS)
            (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return _unreadable(classify(error))
    if result != "ok":
        return _RECORDS.failed("file", "damaged: PRAGMA quick_check reports errors", _RESTORE)
    return _RECORDS.ok("file", "PRAGMA quick_check reports no error")


def _unreadable(failure: Failure) -> Finding:
    if failure.kind is FailureKind.INTERRUPTED:
        found = f"no error within {_TIMEOUT_SECONDS} s, but the file is too large to check fully"
        return _RECORDS.warning("file", found, "run PRAGMA quick_check when there is time")
    if failure.kind is FailureKind.DAMAGED:
        return _RECORDS.failed("file", f"damaged ({failure.code})", _RESTORE)
    return _RECORDS.failed("file", f"can't be read ({failure.code})", _CHECK_ACCESS)


def _open(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"  # never creates a file
    return sqlite3.connect(uri, uri=True, timeout=_TIMEOUT_SECONDS)


def _write_like_the_service(path: Path) -> str:
    try:
        # Both modes belong to a connection, so it has to be one of the service's own.
        with (
            contextlib.closing(SqliteDatabase(path)) as database,
            database.connection() as connection,
        ):
            (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
            (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
            _write(connection)
    except RecordsUnavailable as error:
        raise CheckFailed(f"records can't be written ({error.detail})", _CHECK_ACCESS) from None
    if journal != "wal" or synchronous < _SYNCHRONOUS_FULL:
        found = f"a crash can lose records (journal {journal}, synchronous {synchronous})"
        raise CheckFailed(found, "put DATA_DIR on a local disk that supports SQLite's WAL")
    return "a record was written and deleted; WAL, synchronous FULL"


def _write(connection: sqlite3.Connection) -> None:
    """Write to a table that is dropped in the same transaction."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE doctor (id TEXT)")
    connection.execute("INSERT INTO doctor VALUES (?)", (uuid.uuid4().hex,))
    connection.execute("DROP TABLE doctor")


@contextlib.contextmanager
def _temporary_file(path: Path) -> Iterator[Path]:
    """Yield a name beside the missing file; delete the files created there."""
    temporary = path.with_name(f".doctor-{uuid.uuid4().hex}.sqlite3")
    try:
        yield temporary
    finally:
        for left in path.parent.glob(f"{temporary.name}*"):
            left.unlink(missing_ok=True)
