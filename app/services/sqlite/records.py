"""The ImageRecords port on SQLite, which is used without MongoDB."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from app.models import ImageRecord, Page, PageQuery, State
from app.services.records.lists import LISTED_STATES
from app.services.records.terms import terms_of
from app.services.sqlite import pages
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.full_text import write_terms
from app.services.sqlite.list_counts import recount
from app.services.sqlite.rows import (
    READ_COLUMNS,
    WRITTEN_COLUMNS,
    created_ms,
    from_row,
    to_milliseconds,
    to_row,
)

_SELECT = f"SELECT {READ_COLUMNS} FROM generations WHERE "  # noqa: S608 - reason: constants only
_INSERT = f"INSERT INTO generations ({WRITTEN_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - reason: constants only
_COMPARE_AND_SWAP = (
    f"UPDATE generations SET ({WRITTEN_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?), place = NULL "  # noqa: S608 - reason: constants only
    "WHERE id = ? AND state = ? AND lease_ms = ?"
)


class SqliteRecords:
    """Keeps a row per record in one file, which all processes share."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def insert(self, record: ImageRecord) -> bool:
        """See ImageRecords."""
        with self._database.writing() as connection:
            try:
                connection.execute(_INSERT, to_row(record))
            except sqlite3.IntegrityError:
                return False
            _write_terms(connection, record)
        return True

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """See ImageRecords."""
        expected = (old.id, str(old.state), to_milliseconds(old.lease_until))
        with self._database.writing() as connection:
            cursor = connection.execute(_COMPARE_AND_SWAP, (*to_row(new), *expected))
            swapped = cursor.rowcount == 1
            if swapped:
                _write_terms(connection, new)
        return swapped

    def get(self, image_id: str) -> ImageRecord | None:
        """See ImageRecords."""
        return next(iter(self._select("id = ?", image_id)), None)

    def find(self, claim: str) -> ImageRecord | None:
        """See ImageRecords."""
        return next(iter(self._select("claim = ?", claim)), None)

    def page(self, query: PageQuery) -> Page:
        """See ImageRecords."""
        with self._database.connection() as connection:
            connection.execute("BEGIN")  # records and total are of the same moment

            def read(image_id: str) -> ImageRecord:
                return from_row(connection.execute(_SELECT + "id = ?", (image_id,)).fetchone())

            return pages.find(connection, query).read(query.limit, read)

    def version(self) -> int:
        """See ImageRecords."""
        with self._database.connection() as connection:
            (version,) = connection.execute("SELECT n FROM list_version").fetchone()
        return int(version)

    def recount(self, *, fix: bool) -> int:
        """See ImageRecords. Counts are wrong only after external changes.

        Triggers keep them.
        """
        with self._database.connection() as connection:
            connection.execute("BEGIN IMMEDIATE" if fix else "BEGIN")
            return recount(connection, fix=fix)

    def delete(self, image_id: str) -> None:
        """See ImageRecords."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM generations WHERE id = ?", (image_id,))

    def expired_leases(
        self, now: datetime, *, limit: int, state: State = State.PENDING
    ) -> Sequence[ImageRecord]:
        """See ImageRecords."""
        expired = f"state = '{state}' AND lease_ms <= ? ORDER BY lease_ms LIMIT ?"  # as in indexes
        return self._select(expired, to_milliseconds(now), limit)

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """See ImageRecords."""
        return self._select("id > ? ORDER BY id LIMIT ?", after, limit)

    def removals(self, since: datetime) -> Collection[str]:
        """See ImageRecords."""
        since_ms = to_milliseconds(since)
        select = "SELECT id FROM generations WHERE lease_ms >= ? AND"  # then as in the indexes
        query = f"{select} state IN ('deleted', 'replaced') UNION ALL {select} state = 'trashed'"
        with self._database.connection() as connection:
            return [image_id for (image_id,) in connection.execute(query, (since_ms, since_ms))]

    def forget_claims(self, before: datetime, *, deleted_before: datetime | None = None) -> int:
        """See ImageRecords."""
        before_ms = to_milliseconds(before)
        deleted_ms = to_milliseconds(deleted_before or before)
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM generations "
                "WHERE state = ? AND created_ms IS NULL AND requested_ms < ? AND lease_ms < ?",
                (str(State.DELETED), before_ms, deleted_ms),
            )
            return connection.execute(
                "UPDATE generations SET claim = NULL "
                "WHERE claim IS NOT NULL AND state <> ? AND requested_ms < ?",
                (str(State.PENDING), before_ms),
            ).rowcount

    def ping(self) -> None:
        """See ImageRecords. Begins a write transaction."""
        with self._database.writing():
            pass

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._database.close()

    def _select(self, condition: str, *values: object) -> list[ImageRecord]:
        with self._database.connection() as connection:
            rows = connection.execute(_SELECT + condition, values).fetchall()
        return [from_row(row) for row in rows]


def _write_terms(connection: sqlite3.Connection, record: ImageRecord) -> None:
    created = created_ms(record)
    if record.state in LISTED_STATES and created is not None:
        write_terms(connection, record.id, created, terms_of(record), record.tokens)
