"""Full-text search: an FTS5 table whose row ids are ordered by time.

The row id of a listed record is `created_ms << 20` plus a counter that makes it unique. The
full-text index itself therefore yields the newest matches first and reads no more than needed;
only records of the same millisecond have to be sorted by id. Tokens are stored in hexadecimal, so
FTS5 treats each as one plain word and compares it exactly.
"""

import itertools
import sqlite3
from collections.abc import Iterator, Sequence

from app.services.records.pages import MAX_COUNTED

_BITS = 20
_NEXT_PLACE = f"""SELECT coalesce(max(rowid), :ms << {_BITS}) + 1 FROM words
    WHERE rowid BETWEEN :ms << {_BITS} AND (:ms + 1 << {_BITS}) - 1"""  # noqa: S608 - reason: constants only
_MATCHES = f"""SELECT rowid >> {_BITS}, id FROM words
    WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC"""  # noqa: S608 - reason: constants only
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
_MAX_ROWID = 2**63 - 1

ListKey = tuple[int, str]
"""The sort key of the list: (created_ms, id)."""


def write_tokens(
    connection: sqlite3.Connection, image_id: str, created_ms: int, tokens: Sequence[str]
) -> None:
    """Index a listed record. Triggers have removed its previous tokens."""
    (place,) = connection.execute(_NEXT_PLACE, {"ms": created_ms}).fetchone()
    connection.execute("UPDATE generations SET place = ? WHERE id = ?", (place, image_id))
    connection.execute(
        "INSERT INTO words (rowid, tokens, id) VALUES (?, ?, ?)",
        (place, " ".join(map(_hex, tokens)), image_id),
    )


def find(
    connection: sqlite3.Connection, tokens: Sequence[str], after: ListKey | None
) -> Iterator[ListKey]:
    """Yield the keys of the records that have all tokens, newest first."""
    before = _MAX_ROWID
    if after is not None:
        before = max(-_MAX_ROWID, min(_MAX_ROWID, (after[0] + 1) << _BITS))
    matches = connection.execute(_MATCHES, (_all_of(tokens), before))
    for _, same_time in itertools.groupby(matches, key=lambda key: key[0]):
        for key in sorted(same_time, reverse=True):
            if after is None or key < after:
                yield key


def count(connection: sqlite3.Connection, tokens: Sequence[str]) -> int:
    """Count the records that have all tokens, up to MAX_COUNTED + 1."""
    counted: int = connection.execute(_COUNT, (_all_of(tokens), MAX_COUNTED + 1)).fetchone()[0]
    return counted


def _all_of(tokens: Sequence[str]) -> str:
    return " AND ".join(f'"{_hex(token)}"' for token in tokens)


def _hex(token: str) -> str:
    return token.encode().hex()
