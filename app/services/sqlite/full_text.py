"""The search for words in the SQLite records: an FTS5 table whose row ids tell the time.

A listed row has its words at `created_ms << 20` and a bit more, which makes its place unique. So
the full-text index itself gives the newest matches first, and reads no more than are wanted; only
rows of one millisecond have to be put in order by id. Words are written as hexadecimal digits:
whatever is in them, FTS5 takes each for one plain word and compares it exactly.
"""

import itertools
import sqlite3
from collections.abc import Iterator, Sequence

from app.services.records.list_counters import MAX_COUNTED

_BITS = 20
_NEXT_PLACE = f"""SELECT coalesce(max(rowid), :ms << {_BITS}) + 1 FROM words
    WHERE rowid BETWEEN :ms << {_BITS} AND (:ms + 1 << {_BITS}) - 1"""  # noqa: S608 - reason: constants only
_FOUND = f"""SELECT rowid >> {_BITS}, id FROM words
    WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC"""  # noqa: S608 - reason: constants only
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
_END = 2**63 - 1

Place = tuple[int, str]


def write_words(
    connection: sqlite3.Connection, image_id: str, created_ms: int, words: Sequence[str]
) -> None:
    """Let this listed row be found by its words; those it had are gone with its last version."""
    (place,) = connection.execute(_NEXT_PLACE, {"ms": created_ms}).fetchone()
    connection.execute("UPDATE generations SET place = ? WHERE id = ?", (place, image_id))
    connection.execute(
        "INSERT INTO words (rowid, tokens, id) VALUES (?, ?, ?)",
        (place, " ".join(map(_hex, words)), image_id),
    )


def find(
    connection: sqlite3.Connection, words: Sequence[str], after: Place | None
) -> Iterator[Place]:
    """Yield (created_ms, id) of the rows that have all these words, newest first."""
    before = _END if after is None else max(-_END, min(_END, (after[0] + 1) << _BITS))
    found = connection.execute(_FOUND, (_all_of(words), before))
    for _, same_time in itertools.groupby(found, key=lambda place: place[0]):
        for place in sorted(same_time, reverse=True):
            if after is None or place < after:
                yield place


def count(connection: sqlite3.Connection, words: Sequence[str]) -> int:
    """Return how many rows have all these words; more than MAX_COUNTED is MAX_COUNTED + 1."""
    counted: int = connection.execute(_COUNT, (_all_of(words), MAX_COUNTED + 1)).fetchone()[0]
    return counted


def _all_of(words: Sequence[str]) -> str:
    return " AND ".join(f'"{_hex(word)}"' for word in words)


def _hex(word: str) -> str:
    return word.encode().hex()
