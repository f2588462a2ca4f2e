"""An SQLite storage for `limits`: moving windows for one server."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from limits.storage import MovingWindowSupport, Storage

from app.services.rate_limiting.sqlite_file import SqliteFile

# `number` counts the entries of all windows of one length, `position` those of one key. The number
# of a key's entries is a difference of positions, so that no request visits all of them.
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF; -- a power failure may lose counts, a process crash does not
DROP TABLE IF EXISTS requests; DROP TABLE IF EXISTS sums; -- of an earlier version
CREATE TABLE IF NOT EXISTS entries (
    expiry INTEGER, number INTEGER, key TEXT, position INTEGER, until REAL,
    PRIMARY KEY (expiry, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_key ON entries (key, until, position);
"""
_WINDOW = """
SELECT first.until, last.position - first.position + 1, last.position + 1 FROM
    (SELECT until, position FROM entries WHERE key = :key AND until > :now AND until <= :until
     ORDER BY until, position LIMIT 1) AS first,
    (SELECT position FROM entries WHERE key = :key AND until <= :until
     ORDER BY until DESC, position DESC LIMIT 1) AS last
"""
_DELETE_FUTURE = "DELETE FROM entries WHERE key = :key AND until > :until"  # the clock was set back
_ADD = """
INSERT INTO entries SELECT :expiry, coalesce(max(number), 0) + 1, :key, :position, :until
    FROM entries WHERE expiry = :expiry
"""
# Up to five at a time, so that no request waits until those of a burst are deleted.
_DELETE_OLD = """
DELETE FROM entries WHERE expiry = :expiry
    AND number < 5 + (SELECT min(number) FROM entries WHERE expiry = :expiry)
    AND (until <= :now
         OR number <= (SELECT max(number) FROM entries WHERE expiry = :expiry) - :most)
"""


class SqliteStorage(Storage, MovingWindowSupport):
    """Keeps an entry for each counted request, in a file or in memory.

    Args:
        uri: `sqlite://` and the absolute path of the file, percent-encoded; no path for memory.
        max_entries: for all windows of one length; beyond that the oldest are deleted.
        now: returns seconds since 1970, the same for all processes.
        **waits: see SqliteFile.
    """

    STORAGE_SCHEME = ["sqlite"]  # noqa: RUF012 - reason: the library's declaration
    base_exceptions = (sqlite3.Error, OSError)

    def __init__(
        self, uri: str, *, max_entries: int, now: Callable[[], float], **waits: float
    ) -> None:
        super().__init__(uri)
        path = unquote(urlsplit(uri).path)
        self._file = SqliteFile(Path(path) if path else None, _SCHEMA, **waits)
        self._max_entries, self._now = max_entries, now
        self.close = self._file.close

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """See MovingWindowSupport."""
        with self._file.transaction() as connection:
            values = self._values(key, expiry)  # now that no other process can add an entry
            connection.execute(_DELETE_FUTURE, values)
            _, used, position = self._window(connection, values, limit)
            if used + amount > limit:
                return False
            added = (values | {"position": position + more} for more in range(amount))
            connection.executemany(_ADD, added)
            connection.execute(_DELETE_OLD, values)
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """See MovingWindowSupport."""
        with self._file.transaction("BEGIN") as connection:
            return self._window(connection, self._values(key, expiry), limit)[:2]

    def clear(self, key: str) -> None:
        """See Storage."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM entries WHERE key = ?", (key,))

    def _unsupported(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("only moving windows are supported")

    incr = get = get_expiry = check = reset = _unsupported

    def _values(self, key: str, expiry: int) -> dict[str, Any]:
        now, most = self._now(), self._max_entries
        return {"key": key, "expiry": expiry, "now": now, "until": now + expiry, "most": most}

    def _window(
        self, connection: sqlite3.Connection, values: dict[str, Any], limit: int
    ) -> tuple[float, int, int]:
        """Return the window's start, its number of entries, the next position."""
        found = connection.execute(_WINDOW, values).fetchone()
        until, used, position = found or (values["until"], 0, 0)
        # A limit above the maximum number of entries is lowered to it.
        return until - values["expiry"], used + max(0, limit - self._max_entries), position
