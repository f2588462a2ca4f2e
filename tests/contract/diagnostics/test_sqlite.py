"""The check of the records' file: damage, locks, lost promises."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from app.services.diagnostics import sqlite
from app.services.diagnostics.sqlite import check_file
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import a_generation
from tests.support.diagnostic_findings import FAILED, OK, WARNING, levels, the

ALL_OK = {"file": OK, "write": OK}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a file with some rows."""
    path = tmp_path / "data" / "records.sqlite3"
    with contextlib.closing(SqliteRecords(SqliteDatabase(path))) as records:
        for _ in range(50):
            records.insert(a_generation(prompt="a fox " * 50))
    return path


def test_all_is_well_and_no_row_is_added(path: Path) -> None:
    """Rows and tables stay as they were."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        before = list(connection.iterdump())
        assert levels(check_file(path)) == ALL_OK
        assert list(connection.iterdump()) == before


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """Another file takes its place for the check, and is gone afterwards."""
    path = tmp_path / "data" / "records.sqlite3"
    found = list(check_file(path))
    assert levels(found) == ALL_OK
    assert "not there yet" in the("file", found).found
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_made_fails(tmp_path: Path) -> None:
    """Where no file can be, that is found before the service starts."""
    (tmp_path / "data").write_text("in the way")
    assert levels(check_file(tmp_path / "data" / "records.sqlite3")) == {
        "file": OK,
        "write": FAILED,
    }


@pytest.mark.parametrize("content", [b"no database at all" * 100, None], ids=["foreign", "torn"])
def test_a_damaged_file_fails_and_is_left_alone(path: Path, content: bytes | None) -> None:
    """Damage in the middle is found, and nothing is written on top of it."""
    whole = path.read_bytes()
    spoilt = content or whole[:8192] + b"\xa5" * (len(whole) - 12_288) + whole[-4096:]
    path.write_bytes(spoilt)
    found = list(check_file(path))
    assert levels(found) == {"file": FAILED}
    assert "damaged" in the("file", found).found
    assert path.read_bytes() == spoilt


def test_a_folder_in_the_files_place_fails(tmp_path: Path) -> None:
    """What can't be opened is not called damaged."""
    found = list(check_file(tmp_path))
    assert levels(found) == {"file": FAILED}
    assert "can't be read" in found[0].found


def test_a_huge_file_is_not_looked_at_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time is over, nothing is claimed, and the file is still written to."""
    monkeypatch.setattr(sqlite, "_TIMEOUT_SECONDS", 0)
    monkeypatch.setattr(sqlite, "_STEPS_BETWEEN_LOOKS", 1)
    assert levels(check_file(path)) == {"file": WARNING, "write": OK}


def test_a_file_that_somebody_holds_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that keeps the lock for itself is found."""
    monkeypatch.setattr(
        "app.services.sqlite.database._BUSY_SECONDS", 0.2
    )  # lest this test take as long
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = list(check_file(path))
    assert levels(found) == {"file": OK, "write": FAILED}
    assert "SQLite" in the("write", found).found


def test_a_promise_that_is_not_kept_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the service's own connection were not as safe as promised, that would be told."""
    open_safely = SqliteDatabase._open

    def open_fast(file: SqliteDatabase) -> sqlite3.Connection:
        connection = open_safely(file)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    monkeypatch.setattr(SqliteDatabase, "_open", open_fast)
    found = list(check_file(path))
    assert levels(found) == {"file": OK, "write": FAILED}
    assert "synchronous 1" in the("write", found).found


def test_a_file_on_another_machine_is_a_warning(path: Path, tmp_path: Path) -> None:
    """Locks over a network are not to be trusted."""
    table = tmp_path / "mountinfo"
    table.write_text("1 0 0:1 / / rw - nfs4 host:/x rw\n")
    assert levels(check_file(path, mountinfo=table)) == ALL_OK | {"disk": WARNING}
