"""A million records in SQLite, like a busy year; created once and kept in `.cache/bench`.

`BENCH_RECORDS` sets another number of records.
"""

import itertools
import os
import random
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.models import ImageRecord
from app.services.sqlite import records as sqlite_records
from app.services.sqlite import rows as sqlite_rows
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import a_record

COUNT = int(os.environ.get("BENCH_RECORDS", "1000000"))
OWNER = "half"
"""The owner of every second record."""
TAG, RARE_TAG = "third", "Rare"
"""The tags of every third and every thousandth record; every tenth has a star."""
FILE = Path(f".cache/bench/{COUNT}-tagged.sqlite3")
RARE, FREQUENT = 4000, (3, 5)
"""Ranks of words in the vocabulary."""
_START = datetime(2025, 1, 1, tzinfo=UTC)
_MEAN_GAP_MS = 31_536_000_000 // COUNT
_CACHE_KIB = 3_000_000
_WORDS = 5000
_WORDS_PER_PROMPT = 15
_SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "fa", "ge", "hi", "jo")


def word(rank: int) -> str:
    """Return the word of this rank in the vocabulary; 0 is the most frequent."""
    text = ""
    while rank or not text:
        rank, digit = divmod(rank, len(_SYLLABLES))
        text += _SYLLABLES[digit]
    return text


def generate_records(count: int, seed: int = 5) -> Iterator[ImageRecord]:
    """Yield records in order of time: exponential gaps, words by Zipf's law."""
    rng = random.Random(seed)
    vocabulary = [word(rank) for rank in range(_WORDS)]
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(_WORDS)))
    created = _START
    for number in range(count):
        created += timedelta(milliseconds=round(rng.expovariate(1 / _MEAN_GAP_MS)))
        prompt = " ".join(rng.choices(vocabulary, cum_weights=weights, k=_WORDS_PER_PROMPT))
        record = _ready_record(rng, created, prompt)
        tags = [tag for tag, nth in ((TAG, 3), (RARE_TAG, 1000)) if number % nth == 0]
        owner = OWNER if number % 2 else ""
        yield replace(record, owner=owner, tags=tuple(tags), starred=number % 10 == 0)


def _ready_record(rng: random.Random, created: datetime, prompt: str) -> ImageRecord:
    """Return a ready record of about a kilobyte."""
    image_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    return a_record(
        id=image_id,
        prompt=prompt,
        requested_at=created - timedelta(seconds=30),
        lease_until=created + timedelta(seconds=200),
        created_at=created,
    )


def file() -> Path:
    """Return the file; create it first if it is missing, which takes minutes."""
    if FILE.exists():
        return FILE
    FILE.parent.mkdir(parents=True, exist_ok=True)
    partial = FILE.with_suffix(".part")
    partial.unlink(missing_ok=True)
    print(f"Writing {COUNT:,} records to {FILE}: some minutes, once.")
    began = time.perf_counter()
    with closing(SqliteRecords(SqliteDatabase(partial))) as records:
        with records._database.connection() as connection:
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            _write(connection)
        print(
            f"{1e6 * (time.perf_counter() - began) / COUNT:.0f} us per record, in one transaction"
        )
        records.recount(fix=True)
    return partial.rename(FILE)


def _write(connection: sqlite3.Connection) -> None:
    """Write the records without their triggers; the counters are rebuilt afterwards."""
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    triggers = connection.execute(query).fetchall()
    connection.execute("BEGIN")
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for record in generate_records(COUNT):
        connection.execute(sqlite_records._INSERT, sqlite_rows.to_row(record))
        sqlite_records._write_terms(connection, record)
    for _, sql in triggers:
        connection.execute(sql)
