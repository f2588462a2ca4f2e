"""The RecentRequests port on SQLite."""

import sqlite3
from datetime import datetime

from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.rows import to_milliseconds

_STORE = "INSERT OR REPLACE INTO recent_requests (digest, key, until_ms) VALUES (?, ?, ?)"


class SqliteRecentRequests:
    """Keeps a row per digest, in the file of the records; each write deletes expired ones."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def join(self, digest: str, new_key: str, *, now: datetime, until: datetime) -> str:
        """See RecentRequests."""
        with self._database.writing() as connection:
            _delete_expired(connection, now)
            select = "SELECT key FROM recent_requests WHERE digest = ?"
            found = connection.execute(select, (digest,)).fetchone()
            if found is None:
                connection.execute(_STORE, (digest, new_key, to_milliseconds(until)))
        return new_key if found is None else str(found[0])

    def replace(self, digest: str, key: str, *, now: datetime, until: datetime) -> None:
        """See RecentRequests."""
        with self._database.writing() as connection:
            _delete_expired(connection, now)
            connection.execute(_STORE, (digest, key, to_milliseconds(until)))

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._database.close()


def _delete_expired(connection: sqlite3.Connection, now: datetime) -> None:
    connection.execute("DELETE FROM recent_requests WHERE until_ms <= ?", (to_milliseconds(now),))
