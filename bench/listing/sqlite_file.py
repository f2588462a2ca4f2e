"""A million records in a SQLite file, created once and kept in `.cache/bench`.

The rows are those that the service writes, which a sample verifies, but they are written in one
transaction, and all indexes except that of terms are made once the rows are there.
"""

import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

import orjson

from app.services.sqlite import full_text
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from app.services.sqlite.rows import WRITTEN_COLUMNS, to_milliseconds
from bench.listing import bulk
from bench.listing.million_records import Entry, record_of

FOLDER = Path(".cache/bench")
_FAST = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -4000000")
_INSERT = f"INSERT INTO generations ({WRITTEN_COLUMNS}, place) VALUES (?,?,?,?,?,?,?,?,?,?)"  # noqa: S608 - reason: constants only
_INSERT_TERMS = "INSERT INTO index_terms (rowid, terms, id, words) VALUES (?, ?, ?, ?)"
_TRIGGERS_AND_INDEXES = """SELECT type, name, sql FROM sqlite_schema
    WHERE type IN ('trigger', 'index') AND tbl_name = 'generations' AND sql IS NOT NULL"""
_TOTALS = "SELECT DISTINCT sum(n) FROM ranks WHERE list = '' GROUP BY shift"
_STORED = f"SELECT {WRITTEN_COLUMNS}, place >> {full_text.BITS} FROM generations WHERE id = ?"  # noqa: S608 - reason: constants only
_STORED_TERMS = """SELECT terms, words FROM index_terms
    WHERE rowid = (SELECT place FROM generations WHERE id = ?)"""


def file(count: int, folder: Path = FOLDER) -> Path:
    """Return the file with this many records; create it first if it is missing."""
    path = folder / f"{count}-lists.sqlite3"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    print(f"Writing {count:,} records to {path}, once:", flush=True)
    began, cpu = time.perf_counter(), time.process_time()
    with closing(SqliteRecords(SqliteDatabase(partial))) as records:
        records.version()  # creates the tables
    with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
        _write(connection, count)
        verify(connection, count)
    print(f"{time.perf_counter() - began:.0f} s, {time.process_time() - cpu:.0f} s of CPU time")
    return partial.rename(path)


def verify(connection: sqlite3.Connection, count: int) -> None:
    """Compare the totals, and a sample of the rows, with what the service writes."""
    assert connection.execute(_TOTALS).fetchall() == [(count,)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.sqlite3"
        samples = bulk.samples(count)
        with closing(SqliteRecords(SqliteDatabase(path))) as records:
            assert all(records.insert(record_of(entry)) for entry in samples)
        with closing(sqlite3.connect(path)) as written:
            for entry in samples:
                assert _stored(connection, entry.id) == _stored(written, entry.id)


def _write(connection: sqlite3.Connection, count: int) -> None:
    for pragma in _FAST:
        connection.execute(f"PRAGMA {pragma}")
    dropped = connection.execute(_TRIGGERS_AND_INDEXES).fetchall()
    connection.execute("BEGIN")
    for kind, name, _ in dropped:
        connection.execute(f"DROP {kind} {name}")
    counts: Counter[bulk.Bucket] = Counter()
    written, place = 0, 0
    for batch in bulk.batches(count):
        names = [bulk.lists(entry) for entry in batch]
        places = list(_places(batch, place))
        connection.executemany(_INSERT, map(_row, batch, names, places))
        connection.executemany(_INSERT_TERMS, map(_terms_row, batch, names, places))
        for entry, lists in zip(batch, names, strict=True):
            counts.update(bulk.buckets_of(entry, lists))
        written, place = written + len(batch), places[-1]
        print(f"{written:,}", end=" ", flush=True)
    connection.executemany(
        "INSERT INTO ranks VALUES (?, ?, ?, ?)", [(*key, n) for key, n in sorted(counts.items())]
    )
    connection.execute("UPDATE list_version SET n = ?", (count,))
    print("indexes", flush=True)
    for _, _, sql in dropped:
        connection.execute(sql)
    connection.execute("COMMIT")


def _row(entry: Entry, lists: Sequence[str], place: int) -> tuple[object, ...]:
    """Return the values of a row, as `to_row` does, and its place in the index of terms."""
    document = bulk.document_of(entry)
    return (
        entry.id,
        document["state"],
        to_milliseconds(entry.created),
        entry.owner or None,
        None,
        to_milliseconds(document["lease_until"]),
        to_milliseconds(document["requested_at"]),
        orjson.dumps(lists).decode(),
        orjson.dumps(document).decode(),
        place,
    )


def _terms_row(entry: Entry, lists: Sequence[str], place: int) -> tuple[object, ...]:
    terms = " ".join(map(_encoded, bulk.terms(entry, lists)))
    return place, terms, entry.id, " ".join(entry.words)


@cache
def _encoded(term: str) -> str:
    return full_text.joined((term,))


def _places(batch: Sequence[Entry], last: int) -> Iterator[int]:
    """Yield the places in the index: the times, with a number within the millisecond."""
    for entry in batch:
        last = max(last, to_milliseconds(entry.created) << full_text.BITS) + 1
        yield last


def _stored(connection: sqlite3.Connection, image_id: str) -> list[object]:
    """Return all that a file has of a record, except the number within the millisecond."""
    return [connection.execute(query, (image_id,)).fetchone() for query in (_STORED, _STORED_TERMS)]
