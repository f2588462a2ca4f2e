"""SQLite: damaged documents, unusable files and locks."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import Charged, RecordsUnavailable
from app.models import PageQuery, State
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import NOON, a_record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the database's file."""
    return tmp_path / "data" / "records.sqlite3"


@pytest.mark.parametrize("damage", ["{", "[1]", "null", "7", ""])
def test_a_damaged_document_does_not_break_the_list(path: Path, damage: str) -> None:
    """The other records are still listed."""
    kept, damaged = a_record(), a_record()
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        for record in (kept, damaged):
            store.insert(record)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "UPDATE generations SET document = ? WHERE id = ?", (damage, damaged.id)
            )
        assert kept in store.page(PageQuery(limit=10)).records


def test_a_damaged_pending_record_can_be_finished(path: Path) -> None:
    """It is returned with its expired lease, and can be swapped for a finished record."""
    record = a_record(state=State.PENDING, claim="c")
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        store.insert(record)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE generations SET document = '{'")
        (late,) = store.expired_leases(record.lease_until, limit=9)
        assert late == store.find("c")
        assert (late.state, late.lease_until) == (record.state, record.lease_until)
        assert late.charged is Charged.UNKNOWN
        assert store.compare_and_swap(late, replace(late, state=State.UNKNOWN))
        assert not store.expired_leases(record.lease_until, limit=9)


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.insert(a_record()),
        lambda store: store.compare_and_swap(a_record(), a_record()),
        lambda store: store.get("x"),
        lambda store: store.page(PageQuery(limit=1)),
        lambda store: store.page(PageQuery(limit=1, words=["x"])),
        lambda store: store.version(),
        lambda store: store.recount(fix=True),
        lambda store: store.delete("x"),
        lambda store: store.find("x"),
        lambda store: store.expired_leases(NOON, limit=1),
        lambda store: store.scan(limit=1),
        lambda store: store.forget_claims(NOON),
        lambda store: store.ping(),
    ],
    ids=[
        *("insert", "compare_and_swap", "get", "page", "search", "version", "recount", "delete"),
        *("find", "expired", "scan", "forget", "ping"),
    ],
)
@pytest.mark.parametrize("obstacle", ["no folder", "no database"])
def test_an_unusable_path_is_an_outage_until_it_is_usable(
    path: Path, call: Callable[[SqliteRecords], object], obstacle: str
) -> None:
    """A file in place of the folder, or garbage in the file; afterwards calls succeed."""
    obstacle_file = path.parent if obstacle == "no folder" else path
    obstacle_file.parent.mkdir(exist_ok=True)
    obstacle_file.write_bytes(b"no database" * 100)
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        with pytest.raises(RecordsUnavailable) as caught:
            call(store)
        assert str(path.parent) not in f"{caught.value} {caught.value.detail}"
        obstacle_file.unlink()
        store.insert(a_record())
        assert store.page(PageQuery(limit=1)).total == 1


def test_a_locked_database_is_an_outage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program holds the write lock, ping and writes fail and reads succeed."""
    monkeypatch.setattr("app.services.sqlite.database._BUSY_SECONDS", 0.05)
    record = a_record()
    path.parent.mkdir()
    with (
        closing(SqliteRecords(SqliteDatabase(path))) as store,
        closing(sqlite3.connect(path)) as other,
    ):
        store.insert(record)
        other.execute("BEGIN IMMEDIATE")
        for call in (store.ping, lambda: store.insert(a_record())):
            with pytest.raises(RecordsUnavailable):
                call()
        assert store.get(record.id) == record
        other.rollback()
        store.insert(a_record())


def test_a_damaged_record_keeps_its_owner(tmp_path: Path) -> None:
    """A record with a damaged document is listed, read and rewritten with its owner."""
    record = a_record(owner="ann")
    with closing(SqliteRecords(SqliteDatabase(tmp_path / "records.sqlite3"))) as store:
        store.insert(record)
        with closing(sqlite3.connect(tmp_path / "records.sqlite3")) as other, other:
            other.execute("UPDATE generations SET document = '{'")
        seen = store.get(record.id)
        assert seen is not None
        assert seen.owner == "ann"
        assert store.compare_and_swap(seen, replace(seen, model="another"))
        assert [found.owner for found in store.page(PageQuery(limit=9, owner="ann")).records] == [
            "ann"
        ]
