"""SQLite: concurrent writers and durability."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from app.errors import RecordsUnavailable
from app.models import PageQuery
from app.services.sqlite import database
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import a_record
from tests.support.concurrency.threads import in_threads
from tests.support.servers import python_process

INSERT_FOREVER = """
import sys
from pathlib import Path
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import a_record

store = SqliteRecords(SqliteDatabase(Path(sys.argv[1])))
while True:
    record = a_record()
    store.insert(record)
    print(record.id, flush=True)
"""
INSERT_IN_THREADS = """
import sys
from pathlib import Path
from app.models import PageQuery
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import a_record
from tests.support.concurrency.threads import in_threads

store = SqliteRecords(SqliteDatabase(Path(sys.argv[1])))

def write(number):
    written = []
    for _ in range(10):
        record = a_record(prompt="a busy fox")
        store.insert(record)
        store.compare_and_swap(record, record)
        store.page(PageQuery(limit=5))
        written.append(record.id)
    return written

for written in in_threads(8, write):
    print(*written)
store.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the database's file."""
    return tmp_path / "data" / "records.sqlite3"


def test_processes_and_threads_can_write_in_parallel(path: Path) -> None:
    """Two processes of eight writing threads each lose no record and raise no error."""
    workers = [python_process.start(INSERT_IN_THREADS, path) for _ in range(2)]
    written = [image_id for worker in workers for image_id in python_process.finish(worker).split()]
    assert len(set(written)) == 160
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        assert all(store.get(image_id) for image_id in written)
        assert store.page(PageQuery(limit=1, words=["busy", "fox"])).total == 160


def test_threads_of_a_process_write_one_at_a_time(path: Path) -> None:
    """While one thread writes, the others wait for a lock of the process."""
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        with store._database.writing() as connection:
            assert connection.in_transaction
            assert not store._database._writer.acquire(blocking=False)
        assert all(in_threads(64, lambda _: store.insert(a_record())))
        assert store.insert(a_record())


def test_waiting_too_long_to_write_is_an_outage(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one thread holds the write lock, other writes fail and reads succeed."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    record = a_record()
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        store.insert(record)
        with store._database.writing():
            with pytest.raises(RecordsUnavailable):
                store.insert(a_record())
            assert store.get(record.id) == record
        assert store.insert(a_record())


def test_a_kill_loses_no_completed_insert(path: Path) -> None:
    """Every insert that returned before the kill is stored, and the file can still be used."""
    process = python_process.start(INSERT_FOREVER, path)
    assert process.stdout is not None
    returned = [process.stdout.readline().strip() for _ in range(30)]
    process.kill()
    returned += process.stdout.read().split()  # what was read ahead included
    process.communicate()
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        assert all(store.get(image_id) for image_id in returned)
        assert store.page(PageQuery(limit=1)).total - len(returned) in {0, 1}
        store.insert(a_record())


def test_commits_are_durable(path: Path) -> None:
    """Each connection uses a write-ahead log that is flushed at every commit."""
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        for _ in range(2):
            with store._database.connection() as one, store._database.connection() as other:
                for connection in (one, other):
                    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
                    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_records_survive_a_restart(path: Path) -> None:
    """A new process reads the same records."""
    record = a_record(prompt="A red fox")
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        store.insert(record)
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        assert store.get(record.id) == record
        assert list(store.page(PageQuery(limit=10, words=["fox"])).records) == [record]


def test_a_failed_insert_leaves_no_trace(path: Path) -> None:
    """A record is written with its tokens or not at all."""
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        record = a_record()
        store.ping()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("ALTER TABLE index_terms RENAME TO elsewhere")
        with pytest.raises(RecordsUnavailable):
            store.insert(record)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO index_terms")
        assert store.get(record.id) is None
        assert store.page(PageQuery(limit=1)).total == 0
        assert store.insert(record)


def test_deleting_a_record_deletes_its_tokens(path: Path) -> None:
    """The tokens of deleted records don't accumulate in the file."""
    record = a_record()
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        store.insert(record)
        store.delete(record.id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM index_terms").fetchone() == (0,)


def test_processes_may_begin_at_the_same_moment(tmp_path: Path) -> None:
    """A new file is prepared by the first process; the others wait, and none fails."""
    for number in range(20):
        path, barrier = tmp_path / str(number) / "records", threading.Barrier(6)

        def first_use(_: int, path: Path = path, begin: threading.Barrier = barrier) -> object:
            with closing(SqliteDatabase(path)) as database:
                begin.wait()
                with database.connection() as connection:
                    return connection.execute("PRAGMA journal_mode").fetchone()

        assert in_threads(6, first_use) == [("wal",)] * 6
