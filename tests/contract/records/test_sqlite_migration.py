"""What becomes of a SQLite file that an older version wrote."""

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
from tests.support.builders import NOON, a_generation
from tests.support.servers import python_process
from tests.support.stores.record_stores import ids, place_of

THIRD_SCHEMA = Path(__file__).with_name("schema_3.sql").read_text()
FIRST_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE generations (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, created_ms INTEGER, document TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX newest ON generations (state, created_ms DESC, id DESC);
CREATE TABLE tokens (
    token TEXT NOT NULL, id TEXT NOT NULL REFERENCES generations ON DELETE CASCADE,
    PRIMARY KEY (token, id)
) WITHOUT ROWID;
CREATE INDEX tokens_of ON tokens (id);
"""
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
COUNTS = "SELECT * FROM ranks ORDER BY owner, shift, bucket"
WORDS = "SELECT rowid >> 20, tokens FROM words ORDER BY 1, 2"
SHAPE = "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
VALUES = "SELECT id, state, created_ms, owner, claim, lease_ms FROM generations ORDER BY id"


def old_rows() -> list[ImageRecord]:
    """Make rows as the first version could write them: in every state, at odd milliseconds."""
    leases = [NOON + timedelta(milliseconds=number * 7919) for number in range(20)]
    return [
        a_generation(
            state=state,
            lease_until=lease,
            prompt=f"fox {number}",
            tokens=("fox", "élan", "狐"),
            owner="ann" if number % 3 else "",
        )
        for number, lease in enumerate(leases)
        for state in State
    ]


def write(path: Path, rows: list[ImageRecord]) -> None:
    """Write a file as the first version did."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(FIRST_SCHEMA)
        for row in rows:
            document = to_document(row)
            del document["claim"]  # there was none
            created = round((row.created_at or NOON).timestamp() * 1000)
            values = (row.id, str(row.state), created, orjson.dumps(document).decode())
            connection.execute("INSERT INTO generations VALUES (?, ?, ?, ?)", values)
            for token in row.tokens:
                connection.execute("INSERT INTO tokens VALUES (?, ?)", (token, row.id))


def ask(path: Path, question: str) -> list[Any]:
    """Look behind the scenes."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name the database's file."""
    return tmp_path / "data" / "records.sqlite3"


def test_nothing_is_lost(path: Path) -> None:
    """Every row of the first schema is there as it was: in the list, by its words, by its id."""
    rows = old_rows()
    write(path, rows)
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        assert {row.id: row for row in records.scan(limit=1000)} == {row.id: row for row in rows}
        ready = [row for row in rows if row.state is State.READY]
        for words in ([], ["fox"], ["élan", "狐"]):
            page = records.page(PageQuery(limit=1000, words=words))
            assert ({row.id for row in page.records}, page.total) == (
                {r.id for r in ready},
                len(ready),
            )
        anns = [row for row in ready if row.owner == "ann"]
        for words in ([], ["fox"]):
            assert records.page(PageQuery(limit=1, words=words, owner="ann")).total == len(anns)
        assert records.page(PageQuery(limit=1, words=["elan"])).total == 0
        assert records.recount(fix=False) == 0
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        assert len(records.scan(limit=1000)) == len(rows)
    assert ask(path, "PRAGMA user_version") == [(6,)]


def test_a_row_without_its_time_is_listed_where_its_cursor_says(path: Path) -> None:
    """Whoever walks past a row that has no time of drawing, or is damaged, meets each row once."""
    rows = [
        a_generation(requested_at=NOON + timedelta(minutes=n), created_at=NOON + timedelta(hours=n))
        for n in range(5)
    ]
    write(path, rows)
    timeless = orjson.dumps(to_document(replace(rows[1], created_at=None))).decode()
    with closing(sqlite3.connect(path)) as other, other:
        change = "UPDATE generations SET created_ms = ?, document = ? WHERE id = ?"
        other.execute(change, (None, timeless, rows[1].id))
        other.execute("UPDATE generations SET document = '{' WHERE id = ?", (rows[3].id,))
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        walked: list[ImageRecord] = []
        page = records.page(PageQuery(limit=1))
        while len(walked) < 9:
            walked += page.records
            if not page.more:
                break
            page = records.page(PageQuery(limit=1, after=place_of(page.records[-1])))
    assert ids(walked) == ids([rows[number] for number in (4, 3, 2, 1, 0)])


def test_old_rows_can_be_worked_on(path: Path) -> None:
    """Every migrated row can be exchanged as it is read, to the millisecond, and get a claim."""
    rows = old_rows()
    write(path, rows)
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        late = [row.id for row in rows if row.state is State.PENDING]
        assert [
            row.id for row in records.expired_leases(NOON + timedelta(days=1), limit=99)
        ] == late
        for number, row in enumerate(rows):
            changed = replace(row, state=State.PENDING, claim=str(number))
            assert not records.compare_and_swap(
                replace(row, lease_until=NOON - timedelta(days=1)), changed
            )
            assert records.compare_and_swap(row, changed)
            assert records.find(str(number)) == changed


def test_a_migrated_file_has_the_form_of_a_new_one(path: Path, tmp_path: Path) -> None:
    """Old or new, a file ends up with the same tables and indexes, and the same values in them."""
    rows, new = old_rows(), tmp_path / "new.sqlite3"
    write(path, rows)
    with (
        closing(SqliteRecords(SqliteDatabase(path))) as old,
        closing(SqliteRecords(SqliteDatabase(new))) as other,
    ):
        old.ping()
        for row in rows:
            other.insert(row)
    for question in (SHAPE, VALUES, COUNTS, WORDS):
        assert ask(path, question) == ask(new, question)


def test_a_file_without_owners_gets_counts_for_each(path: Path, tmp_path: Path) -> None:
    """What version 3 counted for everyone counts on; rows count for whom their documents name."""
    rows, new = old_rows(), tmp_path / "new.sqlite3"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(THIRD_SCHEMA)
        for row in rows:
            created = round((row.created_at or NOON).timestamp() * 1000)
            document = orjson.dumps(to_document(row)).decode()
            values = (row.id, str(row.state), created, document)
            connection.execute(
                "INSERT INTO generations (id, state, created_ms, document) VALUES (?, ?, ?, ?)",
                values,
            )
    hers = a_generation(owner="ann")
    reported = [row for row in rows if row.owner == "ann" and row.state is State.READY]
    with (
        closing(SqliteRecords(SqliteDatabase(path))) as old,
        closing(SqliteRecords(SqliteDatabase(new))) as other,
    ):
        assert old.version() == 7 + len(rows) // len(State)
        assert old.insert(hers)
        for row in (*rows, hers):
            other.insert(row)
        assert old.recount(fix=False) == 0
        assert set(ids(old.page(PageQuery(limit=99, owner="ann")).records)) == {
            hers.id,
            *ids(reported),
        }
        assert old.page(PageQuery(limit=9, owner="ann")).total == 1 + len(reported) > 1
        assert ids(old.page(PageQuery(limit=99)).records) == ids(
            other.page(PageQuery(limit=99)).records
        )
    for question in (SHAPE, COUNTS):
        assert ask(path, question) == ask(new, question)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "null",
        "7",
        "[1]",
        "{}",
        '{"lease_until": null}',
        '{"lease_until": 5}',
        '{"lease_until": "soon"}',
        '{"owner": 7}',
        '{"owner": ["ann"]}',
        '{"owner": null}',
        '{"lease_until": ["2026-11-22T12:00:00+00:00"]}',
    ],
)
def test_a_damaged_row_does_not_stop_the_migration(path: Path, document: str) -> None:
    """A row in which no lease can be read is migrated with the others, and can be exchanged."""
    kept, damaged = a_generation(), a_generation()
    write(path, [kept, damaged])
    with closing(sqlite3.connect(path)) as connection, connection:
        spoil = "UPDATE generations SET document = ?, state = 'pending' WHERE id = ?"
        connection.execute(spoil, (document, damaged.id))
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        assert records.get(kept.id) == kept
        seen = records.get(damaged.id)
        assert seen is not None
        assert seen.owner == ""
        assert records.compare_and_swap(seen, damaged)
        assert records.get(damaged.id) == damaged


def test_two_processes_may_migrate_at_once(path: Path) -> None:
    """Workers that start together on an old file both work, and nothing is lost."""
    rows = old_rows()
    write(path, rows)
    workers = [python_process.start(OPEN, path) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [python_process.finish(worker) for worker in workers] == [f"{len(rows)}\n"] * 2


def test_a_file_of_a_later_version_is_left_as_it_is(path: Path) -> None:
    """Going back to this version after an update neither fails nor turns the file back."""
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        row = a_generation()
        records.insert(row)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9")
    with closing(SqliteRecords(SqliteDatabase(path))) as records:
        assert records.get(row.id) == row
    assert ask(path, "PRAGMA user_version") == [(9,)]
