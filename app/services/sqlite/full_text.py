"""The index of terms: an FTS5 table whose row ids are ordered by time.

The row id of a listed record is `created_ms << 20` plus a counter that makes it unique. The
full-text index itself therefore yields the newest matches first and reads no more than needed;
only records of the same millisecond have to be sorted by id. To FTS5, each term is one plain word
that it compares exactly: parts of words as they are, and all others, such as names of lists, in
hexadecimal behind a mark, which makes them longer than any part.
"""

import itertools
import re
import sqlite3
from collections.abc import Iterator, Sequence

from app.services.records.pages import MAX_COUNTED
from app.services.records.terms import Search

BITS = 20
"""The bits of a row id that are below the time in milliseconds."""
_PLAIN = re.compile(r"[0-9a-z_\u0080-\U0010ffff]{1,6}")
_NEXT_PLACE = f"""SELECT coalesce(max(rowid), :ms << {BITS}) + 1 FROM index_terms
    WHERE rowid BETWEEN :ms << {BITS} AND (:ms + 1 << {BITS}) - 1"""  # noqa: S608 - reason: constants only
_FOUND = "FROM index_terms WHERE index_terms MATCH ?"
_CONTAINED = " AND instr(words, ?) > 0"
_MATCHES = f"SELECT rowid >> {BITS}, id {_FOUND}"
_NEWEST_FIRST = " AND rowid < ? ORDER BY rowid DESC"
_COUNT = f"SELECT count(*) FROM (SELECT 1 {_FOUND}"  # noqa: S608 - reason: constants only
_MAX_ROWID = 2**63 - 1

ListKey = tuple[int, str]
"""The sort key of the list: (created_ms, id)."""


def write_terms(
    connection: sqlite3.Connection,
    image_id: str,
    created_ms: int,
    terms: Sequence[str],
    words: Sequence[str],
) -> None:
    """Index a listed record. Triggers have removed its previous terms."""
    (place,) = connection.execute(_NEXT_PLACE, {"ms": created_ms}).fetchone()
    connection.execute("UPDATE generations SET place = ? WHERE id = ?", (place, image_id))
    connection.execute(
        "INSERT INTO index_terms (rowid, terms, id, words) VALUES (?, ?, ?, ?)",
        (place, joined(terms), image_id, " ".join(words)),
    )


def joined(terms: Sequence[str]) -> str:
    """Return the terms in the form in which they are indexed."""
    return " ".join(map(_encoded, terms))


def find(
    connection: sqlite3.Connection, search: Search, *, before_ms: int | None, after: ListKey | None
) -> Iterator[ListKey]:
    """Yield the keys of the matches, newest first: those before a time, or after a key."""
    if after is not None:
        before_ms = after[0] + 1
    before = _MAX_ROWID
    if before_ms is not None:
        before = max(-_MAX_ROWID, min(_MAX_ROWID, before_ms << BITS))
    condition, values = _condition(search)
    matches = connection.execute(_MATCHES + condition + _NEWEST_FIRST, (*values, before))
    for _, same_time in itertools.groupby(matches, key=lambda key: key[0]):
        for key in sorted(same_time, reverse=True):
            if after is None or key < after:
                yield key


def count(connection: sqlite3.Connection, search: Search) -> int:
    """Count the matches, up to MAX_COUNTED + 1."""
    condition, values = _condition(search)
    statement = f"{_COUNT}{condition} LIMIT ?)"
    counted: int = connection.execute(statement, (*values, MAX_COUNTED + 1)).fetchone()[0]
    return counted


def _condition(search: Search) -> tuple[str, list[str]]:
    match = " AND ".join(map(_quoted, search.terms))
    if search.excluded:
        match = f"({match}) NOT ({' OR '.join(map(_quoted, search.excluded))})"
    return _CONTAINED * len(search.contained), [match, *search.contained]


def _quoted(term: str) -> str:
    return f'"{_encoded(term)}"'


def _encoded(term: str) -> str:
    return term if _PLAIN.fullmatch(term) else f"_x_{term.encode().hex()}"
