"""Find the ids of a page of the list in the SQLite records."""

import itertools
import sqlite3
from collections.abc import Iterable

from app.models import PageQuery, Position, State
from app.services.records.list_counters import CHILD_BITS, SHIFTS, seek
from app.services.records.lists import lists_of_query, plain_list
from app.services.records.pages import FoundPage
from app.services.records.terms import search_of
from app.services.sqlite import full_text
from app.services.sqlite.full_text import ListKey
from app.services.sqlite.rows import to_milliseconds

_TOTAL = f"SELECT coalesce(sum(n), 0) FROM ranks WHERE list = ? AND shift = {SHIFTS[0]}"  # noqa: S608 - reason: constants only
_COUNTS = "SELECT bucket, n FROM ranks WHERE list = ? AND shift = ?"
_IN_BUCKETS = " AND bucket BETWEEN ? AND ?"
_NEWEST_BUCKET_FIRST = " ORDER BY bucket DESC"
_LISTED = "SELECT id FROM generations WHERE state = ?"
_OWNED = " AND owner = ?"
_BEFORE = " AND created_ms < ?"
_AFTER = " AND (created_ms, id) < (?, ?)"
_NEWEST_FIRST = " ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?"


def find(connection: sqlite3.Connection, query: PageQuery) -> FoundPage[str]:
    """Find the ids of a page, within the connection's transaction."""
    names = lists_of_query(query)
    if query.words or len(names) > 1:
        return _find_matches(connection, query)
    return _find_in_list(connection, query, names[0])


def _find_matches(connection: sqlite3.Connection, query: PageQuery) -> FoundPage[str]:
    counted = full_text.count(connection, search_of(query))
    page = _indexed_page(connection, query, query.offset, None)
    return FoundPage.of_matches(page, counted)


def _find_in_list(connection: sqlite3.Connection, query: PageQuery, name: str) -> FoundPage[str]:
    """Find a page of a counted list. Counters give its start and the total."""
    offset, before_ms = query.offset, None
    (total,) = connection.execute(_TOTAL, (name,)).fetchone()
    if offset and query.after is None:
        located = seek(offset, lambda shift, wider: _counts(connection, name, shift, wider))
        if located is None:
            return FoundPage(entries=(), total=total)
        before_ms, offset = located
    find_page = _page if name == plain_list(query) else _indexed_page
    return FoundPage(entries=find_page(connection, query, offset, before_ms), total=total)


def _page(
    connection: sqlite3.Connection, query: PageQuery, offset: int, before_ms: int | None
) -> list[str]:
    """Return a page of a list that is not narrowed, from the table."""
    conditions = ""
    values: list[object] = [str(State.TRASHED if query.trashed else State.READY)]
    for condition, parameters in (
        (_OWNED, None if query.owner is None else (query.owner,)),
        (_BEFORE, None if before_ms is None else (before_ms,)),
        (_AFTER, _list_key(query.after)),
    ):
        if parameters is not None:
            conditions, values = conditions + condition, [*values, *parameters]
    statement = _LISTED + conditions + _NEWEST_FIRST
    rows = connection.execute(statement, [*values, query.limit + 1, offset])
    return [image_id for (image_id,) in rows]


def _indexed_page(
    connection: sqlite3.Connection, query: PageQuery, offset: int, before_ms: int | None
) -> list[str]:
    """Return a page of the records with all terms, from their index."""
    after = _list_key(query.after)
    keys = full_text.find(connection, search_of(query), before_ms=before_ms, after=after)
    return [image_id for _, image_id in itertools.islice(keys, offset, offset + query.limit + 1)]


def _list_key(after: Position | None) -> ListKey | None:
    return None if after is None else (to_milliseconds(after.created_at), after.id)


def _counts(
    connection: sqlite3.Connection, name: str, shift: int, wider: int | None
) -> Iterable[tuple[int, int]]:
    if wider is None:
        return connection.execute(_COUNTS + _NEWEST_BUCKET_FIRST, (name, shift))
    first = wider << CHILD_BITS
    last = first + (1 << CHILD_BITS) - 1
    statement = _COUNTS + _IN_BUCKETS + _NEWEST_BUCKET_FIRST
    return connection.execute(statement, (name, shift, first, last))
