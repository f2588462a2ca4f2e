"""Find the ids of a page of the list in the SQLite records."""

import itertools
import sqlite3
from collections.abc import Iterable

from app.models import PageQuery, Position
from app.services.records.list_counters import CHILD_BITS, EVERYONE, SHIFTS, seek
from app.services.records.pages import FoundPage, owner_token
from app.services.sqlite import full_text
from app.services.sqlite.full_text import ListKey
from app.services.sqlite.rows import to_milliseconds

_TOTAL = f"SELECT coalesce(sum(n), 0) FROM ranks WHERE owner = ? AND shift = {SHIFTS[0]}"  # noqa: S608 - reason: constants only
_COUNTS = "SELECT bucket, n FROM ranks WHERE owner = ? AND shift = ?"
_IN_BUCKETS = " AND bucket BETWEEN ? AND ?"
_NEWEST_BUCKET_FIRST = " ORDER BY bucket DESC"
_LISTED = "SELECT id FROM generations WHERE state = 'ready'"
_OWNED = " AND owner = ?"
_BEFORE = " AND created_ms < ?"
_AFTER = " AND (created_ms, id) < (?, ?)"
_NEWEST_FIRST = " ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?"


def find(connection: sqlite3.Connection, query: PageQuery) -> FoundPage[str]:
    """Find the ids of a page, within the connection's transaction."""
    return _find_matches(connection, query) if query.words else _find_any(connection, query)


def _find_matches(connection: sqlite3.Connection, query: PageQuery) -> FoundPage[str]:
    owner = [] if query.owner is None else [owner_token(query.owner)]
    tokens = [*query.words, *owner]
    keys = full_text.find(connection, tokens, _list_key(query.after))
    page = itertools.islice(keys, query.offset, query.offset + query.limit + 1)
    counted = full_text.count(connection, tokens)
    return FoundPage.of_matches([image_id for _, image_id in page], counted)


def _find_any(connection: sqlite3.Connection, query: PageQuery) -> FoundPage[str]:
    offset, after = query.offset, _list_key(query.after)
    owner = EVERYONE if query.owner is None else query.owner
    (total,) = connection.execute(_TOTAL, (owner,)).fetchone()
    conditions, values = ("", list[object]()) if query.owner is None else (_OWNED, [owner])
    if after is not None:
        conditions, values = conditions + _AFTER, [*values, *after]
    elif offset:
        located = seek(offset, lambda shift, wider: _counts(connection, owner, shift, wider))
        if located is None:
            return FoundPage(entries=(), total=total)
        before, offset = located
        conditions, values = conditions + _BEFORE, [*values, before]
    statement = _LISTED + conditions + _NEWEST_FIRST
    rows = connection.execute(statement, [*values, query.limit + 1, offset])
    return FoundPage(entries=[image_id for (image_id,) in rows], total=total)


def _list_key(after: Position | None) -> ListKey | None:
    return None if after is None else (to_milliseconds(after.created_at), after.id)


def _counts(
    connection: sqlite3.Connection, owner: str, shift: int, wider: int | None
) -> Iterable[tuple[int, int]]:
    if wider is None:
        return connection.execute(_COUNTS + _NEWEST_BUCKET_FIRST, (owner, shift))
    first = wider << CHILD_BITS
    last = first + (1 << CHILD_BITS) - 1
    statement = _COUNTS + _IN_BUCKETS + _NEWEST_BUCKET_FIRST
    return connection.execute(statement, (owner, shift, first, last))
