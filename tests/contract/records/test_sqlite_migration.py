"""Migration of SQLite files that older versions wrote."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.models import ImageRecord, PageQuery, State
from app.services.records.document import to_document
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.contract.records.test_narrowed_lists import judged
from tests.support.builders import NOON, a_record
from tests.support.servers import python_process
from tests.support.stores.record_stores import ids, position_after

THIRD_SCHEMA = Path(__file__).with_name("schema_3.sql").read_text()
FIRST_SCHEMA = Path(__file__).with_name("schema_1.sql").read_text()
OPEN = """
import sys
from contextlib import closing
from pathlib import Path
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords

print("ready", flush=True)
sys.stdin.readline()
with closing(SqliteRecords(SqliteDatabase(Path(sys.argv[1])))) as records:
    print(len(records.scan(limit=1000)))
"""
COUNTS = "SELECT * FROM ranks ORDER BY list, shift, bucket"
TERMS = "SELECT rowid >> 20, terms, words FROM index_terms ORDER BY 1, 2"
SHAPE = "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
VALUES = "SELECT id, state, created_ms, owner, claim, lease_ms FROM generations ORDER BY id"


def old_records() -> list[ImageRecord]:
    """Make records that the first version could write: in every state, at odd milliseconds."""
    leases = [NOON + timedelta(milliseconds=number * 7919) for number in range(20)]
    return [
        a_record(
            state=state,
            lease_until=lease,
            prompt=f"fox {number}",
            tokens=("fox", str(number), "élan", "狐"),
            owner="ann" if number % 3 else "",
            image=judged(a_record(), "check" if number % 2 else None),
        )
        for number, lease in enumerate(leases)
        for state in set(State) - {State.TRASHED}
    ]


def write(path: Path, records: list[ImageRecord]) -> None:
    """Write a file like the first version."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(FIRST_SCHEMA)
        for record in records:
            document = to_document(record)
            del document["claim"]  # there was none
            created = round((record.created_at or NOON).timestamp() * 1000)
            values = (record.id, str(record.state), created, orjson.dumps(document).decode())
            connection.execute("INSERT INTO generations VALUES (?, ?, ?, ?)", values)
            for token in record.tokens:
                connection.execute("INSERT INTO tokens VALUES (?, ?)", (token, record.id))


def query(path: Path, statement: str) -> list[Any]:
    """Return the rows of a query on the file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the database's file."""
    return tmp_path / "data" / "records.sqlite3"


def test_no_record_is_lost(path: Path) -> None:
    """Every record of the first version is in the list, and found by its words and its id."""
    records = old_records()
    write(path, records)
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        assert {record.id: record for record in store.scan(limit=1000)} == {
            record.id: record for record in records
        }
        ready = [record for record in records if record.state is State.READY]
        for words in ([], ["fox"], ["élan", "狐"]):
            page = store.page(PageQuery(limit=1000, words=words))
            assert ({record.id for record in page.records}, page.total) == (
                {r.id for r in ready},
                len(ready),
            )
        anns = [record for record in ready if record.owner == "ann"]
        for words in ([], ["fox"]):
            assert store.page(PageQuery(limit=1, words=words, owner="ann")).total == len(anns)
        assert store.page(PageQuery(limit=1, words=["elan"])).total == 0
        assert store.recount(fix=False) == 0
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        assert len(store.scan(limit=1000)) == len(records)
    assert query(path, "PRAGMA user_version") == [(13,)]


def test_records_without_a_time_have_a_fixed_position(path: Path) -> None:
    """Paging past a record without created_at, or a damaged one, returns each record once."""
    records = [
        a_record(requested_at=NOON + timedelta(minutes=n), created_at=NOON + timedelta(hours=n))
        for n in range(5)
    ]
    write(path, records)
    timeless = orjson.dumps(to_document(replace(records[1], created_at=None))).decode()
    with closing(sqlite3.connect(path)) as other, other:
        change = "UPDATE generations SET created_ms = ?, document = ? WHERE id = ?"
        other.execute(change, (None, timeless, records[1].id))
        other.execute("UPDATE generations SET document = '{' WHERE id = ?", (records[3].id,))
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        page = store.page(PageQuery(limit=1))
        walked = list(page.records)
        while page.more and len(walked) < 9:
            page = store.page(PageQuery(limit=1, after=position_after(walked[-1])))
            walked += page.records
    assert ids(walked) == ids([records[number] for number in (4, 3, 2, 1, 0)])


def test_migrated_records_can_be_swapped(path: Path) -> None:
    """Each can be swapped as it is read, to the millisecond, and be given a claim."""
    records = old_records()
    write(path, records)
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        late = [record.id for record in records if record.state is State.PENDING]
        assert [
            record.id for record in store.expired_leases(NOON + timedelta(days=1), limit=99)
        ] == late
        for number, record in enumerate(records):
            changed = replace(record, state=State.PENDING, claim=str(number))
            assert not store.compare_and_swap(
                replace(record, lease_until=NOON - timedelta(days=1)), changed
            )
            assert store.compare_and_swap(record, changed)
            assert store.find(str(number)) == changed


def test_a_migrated_file_equals_a_new_one(path: Path, tmp_path: Path) -> None:
    """Both have the same tables and indexes, with the same values."""
    records, new = old_records(), tmp_path / "new.sqlite3"
    write(path, records)
    with (
        closing(SqliteRecords(SqliteDatabase(path))) as old,
        closing(SqliteRecords(SqliteDatabase(new))) as other,
    ):
        old.ping()
        for record in records:
            other.insert(record)
    for statement in (SHAPE, VALUES, COUNTS, TERMS):
        assert query(path, statement) == query(new, statement)


def test_a_file_without_owners_gets_counts_for_each_owner(path: Path, tmp_path: Path) -> None:
    """Version 3's counts stay valid; records are also counted for the owner in their document."""
    records, new = old_records(), tmp_path / "new.sqlite3"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(THIRD_SCHEMA)
        for record in records:
            created = round((record.created_at or NOON).timestamp() * 1000)
            document = orjson.dumps(to_document(record)).decode()
            values = (record.id, str(record.state), created, document)
            connection.execute(
                "INSERT INTO generations (id, state, created_ms, document) VALUES (?, ?, ?, ?)",
                values,
            )
    hers = a_record(owner="ann")
    reported = [one for one in records if one.owner == "ann" and one.state is State.READY]
    with (
        closing(SqliteRecords(SqliteDatabase(path))) as old,
        closing(SqliteRecords(SqliteDatabase(new))) as other,
    ):
        assert old.version() >= len(records) // len(State)
        assert old.insert(hers)
        for record in (*records, hers):
            other.insert(record)
        assert old.recount(fix=False) == 0
        assert set(ids(old.page(PageQuery(limit=99, owner="ann")).records)) == {
            hers.id,
            *ids(reported),
        }
        assert old.page(PageQuery(limit=9, owner="ann")).total == 1 + len(reported) > 1
        assert ids(old.page(PageQuery(limit=99)).records) == ids(
            other.page(PageQuery(limit=99)).records
        )
    for statement in (SHAPE, COUNTS):
        assert query(path, statement) == query(new, statement)


@pytest.mark.parametrize(
    "document",
    [
        "", "{", "null", "7", "[1]", "{}", '{"lease_until": null}', '{"lease_until": 5}',
        '{"lease_until": "soon"}', '{"owner": 7}', '{"owner": ["ann"]}', '{"owner": null}',
        '{"lease_until": ["2026-11-22T12:00:00+00:00"]}',
    ],
)  # fmt: skip
def test_a_damaged_document_does_not_stop_the_migration(path: Path, document: str) -> None:
    """A record whose lease can't be read is migrated with the others, and can be swapped."""
    kept, damaged = a_record(), a_record()
    write(path, [kept, damaged])
    with closing(sqlite3.connect(path)) as connection, connection:
        spoil = "UPDATE generations SET document = ?, state = 'pending' WHERE id = ?"
        connection.execute(spoil, (document, damaged.id))
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        assert store.get(kept.id) == kept
        seen = store.get(damaged.id)
        assert seen is not None
        assert seen.owner == ""
        assert store.compare_and_swap(seen, damaged)
        assert store.get(damaged.id) == damaged


def test_two_processes_can_migrate_in_parallel(path: Path) -> None:
    """Workers that start together on an old file both work, and no record is lost."""
    records = old_records()
    write(path, records)
    workers = [python_process.start(OPEN, path) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [python_process.finish(worker) for worker in workers] == [f"{len(records)}\n"] * 2


def test_a_file_of_a_later_version_is_not_migrated_back(path: Path) -> None:
    """An older version of the service can use the file, and keeps its version number."""
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        record = a_record()
        store.insert(record)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        assert store.get(record.id) == record
    assert query(path, "PRAGMA user_version") == [(99,)]
