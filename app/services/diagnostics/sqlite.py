"""Checks the file of the records: whole, writable, and kept as safely as the service promises."""

import contextlib
import sqlite3
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from app.errors import RecordsUnavailable
from app.models import Finding, Level
from app.services.diagnostics.filesystems import MOUNTINFO, mount_of
from app.services.diagnostics.findings import About, Trouble
from app.services.sqlite.database import SqliteDatabase

_ABOUT = About("records")
_TIMEOUT_SECONDS = 2.5
_STEPS_BETWEEN_LOOKS = 10_000
_FULL = 2
_NOT_OURS = "see that it belongs to the user who runs the service, and who else holds it"
_BROKEN = "restore it from a copy, and look at the disk"


def check_file(path: Path, *, mountinfo: Path = MOUNTINFO) -> Iterator[Finding]:
    """Look at the file as it lies there, then use it as the service does.

    Where there is no file yet, another one beside it is used and deleted.
    """
    mount = mount_of(path.parent, mountinfo)
    if mount and mount.over_network:
        found = f"the file is on a network file system ({mount.kind}), where locks can fail"
        yield _ABOUT.warning("disk", found, "put DATA_DIR on a local disk, or use MongoDB")
    if not path.exists():
        yield _ABOUT.ok("file", "not there yet: the service makes it at its first use")
        with _stand_in(path) as other:
            yield _ABOUT.step("write", lambda: _use(other))
        return
    whole = _check_pages(path)
    yield whole
    if whole.level is not Level.FAILED:
        yield _ABOUT.step("write", lambda: _use(path))


def _check_pages(path: Path) -> Finding:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    try:
        with contextlib.closing(_open(path)) as connection:
            connection.set_progress_handler(
                lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS
            )
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return _unreadable(error)
    if answer != "ok":
        return _ABOUT.failed("file", "damaged: PRAGMA quick_check finds faults", _BROKEN)
    return _ABOUT.ok("file", "PRAGMA quick_check finds no fault")


def _unreadable(error: sqlite3.DatabaseError) -> Finding:
    code = error.sqlite_errorcode & 0xFF  # the rest only tells more about it
    if code == sqlite3.SQLITE_INTERRUPT:
        found = f"no fault within {_TIMEOUT_SECONDS} s, but the file is too large to be sure"
        return _ABOUT.warning("file", found, "run PRAGMA quick_check when there is time")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return _ABOUT.failed("file", f"damaged ({error.sqlite_errorname})", _BROKEN)
    return _ABOUT.failed("file", f"can't be read ({error.sqlite_errorname})", _NOT_OURS)


def _open(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"  # never makes a file
    return sqlite3.connect(uri, uri=True, timeout=_TIMEOUT_SECONDS)


def _use(path: Path) -> str:
    """Write through the service's own connection, and see what that promises."""
    try:
        # The modes belong to a connection, so it has to be one that the service would use.
        with (
            contextlib.closing(SqliteDatabase(path)) as file,
            file.connection() as connection,
        ):
            (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
            (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
            _write(connection)
    except RecordsUnavailable as error:
        raise Trouble(f"rows can't be written ({error.detail})", _NOT_OURS) from None
    if journal != "wal" or synchronous < _FULL:
        found = f"a crash can lose rows (journal {journal}, synchronous {synchronous})"
        raise Trouble(found, "put DATA_DIR on a local disk that takes SQLite's WAL")
    return "a row was written and deleted; WAL, synchronous FULL"


def _write(connection: sqlite3.Connection) -> None:
    """Write to a table of its own that is gone when the transaction ends."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE doctor (id TEXT)")
    connection.execute("INSERT INTO doctor VALUES (?)", (uuid.uuid4().hex,))
    connection.execute("DROP TABLE doctor")


@contextlib.contextmanager
def _stand_in(path: Path) -> Iterator[Path]:
    """Name a file beside the one that is not there yet; it is deleted afterwards."""
    other = path.with_name(f".doctor-{uuid.uuid4().hex}.sqlite3")
    try:
        yield other
    finally:
        for left in path.parent.glob(f"{other.name}*"):
            left.unlink(missing_ok=True)
