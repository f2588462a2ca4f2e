"""The Records port on SQLite: what is used where there is no MongoDB."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from app.models import ImageRecord, Page, PageQuery, State
from app.services.records.list_counters import owner_word
from app.services.sqlite import pages
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.full_text import write_words
from app.services.sqlite.rows import READ, WRITTEN, created_ms, generation_of, milliseconds, values
from app.services.sqlite.schema import recount

_SELECT = f"SELECT {READ} FROM generations WHERE "  # noqa: S608 - reason: constants only
_INSERT = f"INSERT INTO generations ({WRITTEN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - reason: constants only
_EXCHANGE = (
    f"UPDATE generations SET ({WRITTEN}) = (?, ?, ?, ?, ?, ?, ?, ?), place = NULL "  # noqa: S608 - reason: constants only
    "WHERE id = ? AND state = ? AND lease_ms = ?"
)


class SqliteRecords:
    """Keeps a row per generation in one file; workers and threads may share it."""

    def __init__(self, file: SqliteDatabase) -> None:
        self._file = file

    def insert(self, generation: ImageRecord) -> bool:
        """See Records."""
        with self._file.writing() as connection:
            try:
                connection.execute(_INSERT, values(generation))
            except sqlite3.IntegrityError:
                return False
            _write_words(connection, generation)
        return True

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """See Records."""
        seen = (old.id, str(old.state), milliseconds(old.lease_until))
        with self._file.writing() as connection:
            done = connection.execute(_EXCHANGE, (*values(new), *seen)).rowcount == 1
            if done:
                _write_words(connection, new)
        return done

    def get(self, image_id: str) -> ImageRecord | None:
        """See Records."""
        return next(iter(self._rows("id = ?", image_id)), None)

    def find(self, claim: str) -> ImageRecord | None:
        """See Records."""
        return next(iter(self._rows("claim = ?", claim)), None)

    def page(self, query: PageQuery) -> Page:
        """See Records."""
        with self._file.connection() as connection:
            connection.execute("BEGIN")  # rows and total are of the same moment
            found = pages.find(connection, query)
            rows = [
                connection.execute(_SELECT + "id = ?", (image_id,)).fetchone()
                for image_id in found.ids[: query.limit]
            ]
        return Page(
            records=[generation_of(row) for row in rows],
            total=found.total,
            total_exact=found.exact,
            more=len(found.ids) > query.limit,
        )

    def version(self) -> int:
        """See Records."""
        with self._file.connection() as connection:
            (version,) = connection.execute("SELECT n FROM list_version").fetchone()
        return int(version)

    def recount(self, *, fix: bool) -> int:
        """See Records: triggers keep the counts, so only another hand can make them wrong."""
        with self._file.connection() as connection:
            connection.execute("BEGIN IMMEDIATE" if fix else "BEGIN")
            return recount(connection, fix=fix)

    def delete(self, image_id: str) -> None:
        """See Records."""
        with self._file.writing() as connection:
            connection.execute("DELETE FROM generations WHERE id = ?", (image_id,))

    def expired_leases(self, now: datetime, *, limit: int) -> Sequence[ImageRecord]:
        """See Records."""
        late = "state = ? AND lease_ms <= ? ORDER BY lease_ms LIMIT ?"
        return self._rows(late, str(State.PENDING), milliseconds(now), limit)

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """See Records."""
        return self._rows("id > ? ORDER BY id LIMIT ?", after, limit)

    def forget_claims(self, before: datetime) -> int:
        """See Records."""
        old = (str(State.PENDING), milliseconds(before))
        with self._file.writing() as connection:
            connection.execute(
                "DELETE FROM generations WHERE claim IS NOT NULL AND state = ? "
                "AND created_ms IS NULL AND requested_ms < ?",
                (str(State.DELETED), milliseconds(before)),
            )
            return connection.execute(
                "UPDATE generations SET claim = NULL "
                "WHERE claim IS NOT NULL AND state <> ? AND requested_ms < ?",
                old,
            ).rowcount

    def ping(self) -> None:
        """See Records: a write transaction can be had."""
        with self._file.writing():
            pass

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._file.close()

    def _rows(self, chosen: str, *values: object) -> list[ImageRecord]:
        with self._file.connection() as connection:
            rows = connection.execute(_SELECT + chosen, values).fetchall()
        return [generation_of(row) for row in rows]


def _write_words(connection: sqlite3.Connection, generation: ImageRecord) -> None:
    created = created_ms(generation)
    if generation.state is State.READY and created is not None:
        owner = [owner_word(generation.owner)] if generation.owner else []
        write_words(connection, generation.id, created, [*generation.tokens, *owner])
