"""What SQLite promises beyond the others: nothing that was written is lost, whoever dies."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import Charged, RecordsUnavailable
from app.models import PageQuery, State
from app.services.sqlite import database
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import NOON, a_generation
from tests.support.concurrency.threads import at_once
from tests.support.servers import python_process

INSERT_FOREVER = """
import sys
from pathlib import Path
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import a_generation

records = SqliteRecords(SqliteDatabase(Path(sys.argv[1])))
while True:
    row = a_generation()
    records.insert(row)
    print(row.id, flush=True)
"""
INSERT_IN_THREADS = """
import sys
from pathlib import Path
from app.models import PageQuery
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import a_generation
from tests.support.concurrency.threads import at_once

records = SqliteRecords(SqliteDatabase(Path(sys.argv[1])))

def write(number):
    written = []
    for _ in range(10):
        row = a_generation(prompt="a busy fox")
        records.insert(row)
        records.compare_and_swap(row, row)
        records.page(PageQuery(limit=5))
        written.append(row.id)
    return written

for written in at_once(8, write):
    print(*written)
records.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name the database's file."""
    return tmp_path / "data" / "records.sqlite3"


def test_processes_and_threads_may_write_at_once(path: Path) -> None:
    """Two processes of eight threads each, all writing, lose nothing and disturb nobody."""
    workers = [python_process.start(INSERT_IN_THREADS, path) for _ in range(2)]
    written = [image_id for worker in workers for image_id in python_process.finish(worker).split()]
    assert len(set(written)) == 160
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        assert all(records.get(image_id) for image_id in written)
        assert records.page(PageQuery(limit=1, words=["busy", "fox"])).total == 160


def test_threads_of_one_process_write_one_after_another(path: Path) -> None:
    """While one writes, the others wait in the process, where nobody is overtaken for seconds."""
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        with records._file.writing() as connection:
            assert connection.in_transaction
            assert not records._file._writer.acquire(blocking=False)
        assert all(at_once(64, lambda _: records.insert(a_generation())))
        assert records.insert(a_generation())


def test_who_waits_too_long_to_write_is_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that holds the records for ever makes the others fail, and reading goes on."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    row = a_generation()
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        records.insert(row)
        with records._file.writing():
            with pytest.raises(RecordsUnavailable):
                records.insert(a_generation())
            assert records.get(row.id) == row
        assert records.insert(a_generation())


def test_a_killed_process_has_lost_nothing_that_it_was_reported_is_written(path: Path) -> None:
    """Every insert that returned before a kill is there, and the file works on."""
    process = python_process.start(INSERT_FOREVER, path)
    assert process.stdout is not None
    returned = [process.stdout.readline().strip() for _ in range(30)]
    process.kill()
    returned += process.stdout.read().split()  # what was read ahead included
    process.communicate()
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        assert all(records.get(image_id) for image_id in returned)
        assert records.page(PageQuery(limit=1)).total - len(returned) in {0, 1}
        records.insert(a_generation())


def test_what_returned_is_on_the_disk(path: Path) -> None:
    """A write-ahead log is used and flushed at every commit, on each of the connections."""
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        for _ in range(2):
            with records._file.connection() as one, records._file.connection() as other:
                for connection in (one, other):
                    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
                    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_rows_outlive_the_process(path: Path) -> None:
    """A restart finds everything as it was."""
    row = a_generation(prompt="A red fox")
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        records.insert(row)
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        assert records.get(row.id) == row
        assert list(records.page(PageQuery(limit=10, words=["fox"])).records) == [row]


def test_a_failed_insert_leaves_no_trace(path: Path) -> None:
    """A row is written with its words or not at all."""
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        row = a_generation()
        records.ping()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("ALTER TABLE words RENAME TO elsewhere")
        with pytest.raises(RecordsUnavailable):
            records.insert(row)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO words")
        assert records.get(row.id) is None
        assert records.page(PageQuery(limit=1)).total == 0
        assert records.insert(row)


def test_deleting_a_row_forgets_its_words(path: Path) -> None:
    """The words of deleted rows don't pile up in the file."""
    row = a_generation()
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        records.insert(row)
        records.delete(row.id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM words").fetchone() == (0,)


@pytest.mark.parametrize("damage", ["{", "[1]", "null", "7", ""])
def test_one_damaged_row_does_not_take_the_list_down(path: Path, damage: str) -> None:
    """A row whose text another hand has damaged costs nobody the other rows."""
    kept, damaged = a_generation(), a_generation()
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        for row in (kept, damaged):
            records.insert(row)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "UPDATE generations SET document = ? WHERE id = ?", (damage, damaged.id)
            )
        assert kept in records.page(PageQuery(limit=10)).records


def test_a_damaged_row_can_be_brought_to_an_end(path: Path) -> None:
    """A pending row whose text is damaged doesn't stay overdue for ever: it can be exchanged."""
    row = a_generation(state=State.PENDING, claim="c")
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        records.insert(row)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE generations SET document = '{'")
        (late,) = records.expired_leases(row.lease_until, limit=9)
        assert late == records.find("c")
        assert (late.state, late.lease_until) == (row.state, row.lease_until)
        assert late.charged is Charged.UNKNOWN
        assert records.compare_and_swap(late, replace(late, state=State.UNKNOWN))
        assert not records.expired_leases(row.lease_until, limit=9)


@pytest.mark.parametrize(
    "call",
    [
        lambda records: records.insert(a_generation()),
        lambda records: records.compare_and_swap(a_generation(), a_generation()),
        lambda records: records.get("x"),
        lambda records: records.page(PageQuery(limit=1)),
        lambda records: records.page(PageQuery(limit=1, words=["x"])),
        lambda records: records.version(),
        lambda records: records.recount(fix=True),
        lambda records: records.delete("x"),
        lambda records: records.find("x"),
        lambda records: records.expired_leases(NOON, limit=1),
        lambda records: records.scan(limit=1),
        lambda records: records.forget_claims(NOON),
        lambda records: records.ping(),
    ],
    ids=[
        *("insert", "exchange", "get", "page", "search", "version", "recount", "delete"),
        *("find", "overdue", "scan", "forget", "ping"),
    ],
)
@pytest.mark.parametrize("obstacle", ["no folder", "no database"])
def test_a_place_that_can_not_be_used_is_an_outage_until_it_can(
    path: Path, call: Callable[[SqliteRecords], object], obstacle: str
) -> None:
    """A file in place of the folder, or garbage in place of the file, is told, and gets over."""
    in_the_way = path.parent if obstacle == "no folder" else path
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_bytes(b"no database" * 100)
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        with pytest.raises(RecordsUnavailable) as caught:
            call(records)
        assert str(path.parent) not in f"{caught.value} {caught.value.detail}"
        in_the_way.unlink()
        records.insert(a_generation())
        assert records.page(PageQuery(limit=1)).total == 1


def test_a_locked_database_is_an_outage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness notices a lock that nobody lets go of; readers are served meanwhile."""
    monkeypatch.setattr("app.services.sqlite.database._BUSY_SECONDS", 0.05)
    row = a_generation()
    path.parent.mkdir()
    with (
        closing(SqliteRecords(SqliteDatabase(path))) as records,
        closing(sqlite3.connect(path)) as greedy,
    ):
        records.insert(row)
        greedy.execute("BEGIN IMMEDIATE")
        for call in (records.ping, lambda: records.insert(a_generation())):
            with pytest.raises(RecordsUnavailable):
                call()
        assert records.get(row.id) == row
        greedy.rollback()
        records.insert(a_generation())


def test_a_damaged_row_stays_its_owners(tmp_path: Path) -> None:
    """An owned row whose text is damaged is listed, read and written again as its owner's."""
    row = a_generation(owner="ann")
    with closing(SqliteRecords(SqliteDatabase(tmp_path / "records.sqlite3"))) as records:
        records.insert(row)
        with closing(sqlite3.connect(tmp_path / "records.sqlite3")) as other, other:
            other.execute("UPDATE generations SET document = '{'")
        seen = records.get(row.id)
        assert seen is not None
        assert seen.owner == "ann"
        assert records.compare_and_swap(seen, replace(seen, model="another"))
        assert [found.owner for found in records.page(PageQuery(limit=9, owner="ann")).records] == [
            "ann"
        ]
