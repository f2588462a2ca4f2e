"""The check of the records' SQLite file: damage, locks, durability."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from app.services.diagnostics import sqlite
from app.services.diagnostics.sqlite import check_file
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import a_record
from tests.support.diagnostic_findings import FAILED, OK, WARNING, levels, the

ALL_OK = {"file": OK, "write": OK}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a file with some records."""
    path = tmp_path / "data" / "records.sqlite3"
    with contextlib.closing(SqliteRecords(SqliteDatabase(path))) as records:
        for _ in range(50):
            records.insert(a_record(prompt="a fox " * 50))
    return path


def test_a_good_file_passes_and_is_left_unchanged(path: Path) -> None:
    """No row or table is added."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        before = list(connection.iterdump())
        assert levels(check_file(path)) == ALL_OK
        assert list(connection.iterdump()) == before


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """The check uses a temporary file, and deletes it."""
    path = tmp_path / "data" / "records.sqlite3"
    found = list(check_file(path))
    assert levels(found) == ALL_OK
    assert "none yet" in the("file", found).found
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_created_fails(tmp_path: Path) -> None:
    """It is reported before the service starts."""
    (tmp_path / "data").write_text("in the way")
    assert levels(check_file(tmp_path / "data" / "records.sqlite3")) == {
        "file": OK,
        "write": FAILED,
    }


@pytest.mark.parametrize("content", [b"no database at all" * 100, None], ids=["foreign", "torn"])
def test_a_damaged_file_fails_and_is_left_unchanged(path: Path, content: bytes | None) -> None:
    """Damage in the middle is found, and nothing is written to the file."""
    whole = path.read_bytes()
    spoilt = content or whole[:8192] + b"\xa5" * (len(whole) - 12_288) + whole[-4096:]
    path.write_bytes(spoilt)
    found = list(check_file(path))
    assert levels(found) == {"file": FAILED}
    assert "damaged" in the("file", found).found
    assert path.read_bytes() == spoilt


def test_a_folder_in_place_of_the_file_fails(tmp_path: Path) -> None:
    """A path that can't be opened is not reported as damaged."""
    found = list(check_file(tmp_path))
    assert levels(found) == {"file": FAILED}
    assert "can't be read" in found[0].found


def test_a_large_file_is_checked_within_a_time_limit(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After that the result is unknown, and writing is still checked."""
    monkeypatch.setattr(sqlite, "_TIMEOUT_SECONDS", 0)
    monkeypatch.setattr(sqlite, "_PROGRESS_STEPS", 1)
    assert levels(check_file(path)) == {"file": WARNING, "write": OK}


def test_a_locked_file_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that holds the write lock is reported."""
    monkeypatch.setattr("app.services.sqlite.database._BUSY_SECONDS", 0.2)  # to keep it short
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = list(check_file(path))
    assert levels(found) == {"file": OK, "write": FAILED}
    assert "SQLITE_BUSY" in the("write", found).found


def test_commits_that_are_not_durable_fail(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check inspects the modes of the service's own connection."""
    open_safely = SqliteDatabase._open

    def open_fast(file: SqliteDatabase) -> sqlite3.Connection:
        connection = open_safely(file)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    monkeypatch.setattr(SqliteDatabase, "_open", open_fast)
    found = list(check_file(path))
    assert levels(found) == {"file": OK, "write": FAILED}
    assert "synchronous 1" in the("write", found).found


def test_a_network_file_system_is_a_warning(path: Path, tmp_path: Path) -> None:
    """Locks over a network are not reliable."""
    table = tmp_path / "mountinfo"
    table.write_text("1 0 0:1 / / rw - nfs4 host:/x rw\n")
    assert levels(check_file(path, mountinfo=table)) == ALL_OK | {"disk": WARNING}
