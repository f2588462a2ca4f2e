"""Pages of the list in the SQLite records: how rows are found, not how they are read."""

import itertools
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.models import PageQuery, Position
from app.services.records.list_counters import (
    CHILD_BITS,
    EVERYONE,
    MAX_COUNTED,
    SHIFTS,
    owner_word,
    seek,
)
from app.services.sqlite import full_text
from app.services.sqlite.full_text import Place
from app.services.sqlite.rows import milliseconds

_TOTAL = f"SELECT coalesce(sum(n), 0) FROM ranks WHERE owner = ? AND shift = {SHIFTS[0]}"  # noqa: S608 - reason: constants only
_RANKS = "SELECT bucket, n FROM ranks WHERE owner = ? AND shift = ?"
_INSIDE = " AND bucket BETWEEN ? AND ?"
_BUCKET_ORDER = " ORDER BY bucket DESC"
_LISTED = "SELECT id FROM generations WHERE state = 'ready'"
_OWNED = " AND owner = ?"
_BEFORE = " AND created_ms < ?"
_BEHIND = " AND (created_ms, id) < (?, ?)"
_NEWEST_FIRST = " ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?"


@dataclass(frozen=True)
class SqlitePage:
    """The ids of a page and, if there is one, of the row behind it."""

    ids: Sequence[str]
    total: int
    exact: bool = True


def find(connection: sqlite3.Connection, query: PageQuery) -> SqlitePage:
    """Find the ids of a page, within the connection's transaction."""
    return _find_words(connection, query) if query.words else _find_any(connection, query)


def _find_words(connection: sqlite3.Connection, query: PageQuery) -> SqlitePage:
    owned = [] if query.owner is None else [owner_word(query.owner)]
    words = [*query.words, *owned]
    counted = full_text.count(connection, words)
    places = full_text.find(connection, words, _place(query.after))
    page = itertools.islice(places, query.offset, query.offset + query.limit + 1)
    return SqlitePage(
        ids=[image_id for _, image_id in page],
        total=min(counted, MAX_COUNTED),
        exact=counted <= MAX_COUNTED,
    )


def _find_any(connection: sqlite3.Connection, query: PageQuery) -> SqlitePage:
    owner, offset, after = query.owner, query.offset, _place(query.after)
    whose = EVERYONE if owner is None else owner
    (total,) = connection.execute(_TOTAL, (whose,)).fetchone()
    chosen, values = ("", list[object]()) if owner is None else (_OWNED, [owner])
    if after is not None:
        chosen, values = chosen + _BEHIND, [*values, *after]
    elif offset:
        place = seek(offset, lambda shift, wider: _ranks(connection, whose, shift, wider))
        if place is None:
            return SqlitePage(ids=(), total=total)
        before, offset = place
        chosen, values = chosen + _BEFORE, [*values, before]
    rows = connection.execute(_LISTED + chosen + _NEWEST_FIRST, [*values, query.limit + 1, offset])
    return SqlitePage(ids=[image_id for (image_id,) in rows], total=total)


def _place(after: Position | None) -> Place | None:
    return None if after is None else (milliseconds(after.created_at), after.id)


def _ranks(
    connection: sqlite3.Connection, whose: str, shift: int, wider: int | None
) -> Iterable[tuple[int, int]]:
    if wider is None:
        return connection.execute(_RANKS + _BUCKET_ORDER, (whose, shift))
    first = wider << CHILD_BITS
    last = first + (1 << CHILD_BITS) - 1
    return connection.execute(_RANKS + _INSIDE + _BUCKET_ORDER, (whose, shift, first, last))
