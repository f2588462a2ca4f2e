"""The ApiKeyRepository port on SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.models import ApiKey, Budget, Scope
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.rows import from_milliseconds, to_milliseconds

_COLUMNS = (
    "id, name, scopes, rate, budget_micros, budget_period, created_ms, expires_ms, revoked_ms, "
    "hash, previous_hash, previous_until_ms"
)
_SELECT = f"SELECT {_COLUMNS} FROM api_keys "  # noqa: S608 - reason: constants only
_MARKS = ", ".join("?" * len(_COLUMNS.split(",")))
_INSERT = f"INSERT INTO api_keys ({_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608 - reason: constants only
_COMPARE_AND_SWAP = (
    f"UPDATE api_keys SET ({_COLUMNS}) = ({_MARKS}) "  # noqa: S608 - reason: constants only
    "WHERE id = ? AND hash = ? AND revoked_ms IS ?"
)


class SqliteApiKeys:
    """Keeps a row per API key, in the file of the records."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def insert(self, key: ApiKey) -> bool:
        """See ApiKeyRepository."""
        with self._database.writing() as connection:
            try:
                connection.execute(_INSERT, _to_row(key))
            except sqlite3.IntegrityError:
                return False
        return True

    def compare_and_swap(self, old: ApiKey, new: ApiKey) -> bool:
        """See ApiKeyRepository."""
        expected = (old.id, old.hash, _optional_milliseconds(old.revoked_at))
        with self._database.writing() as connection:
            cursor = connection.execute(_COMPARE_AND_SWAP, (*_to_row(new), *expected))
            return cursor.rowcount == 1

    def get(self, key_id: str) -> ApiKey | None:
        """See ApiKeyRepository."""
        return next(iter(self._select("WHERE id = ?", key_id)), None)

    def find(self, name: str) -> ApiKey | None:
        """See ApiKeyRepository."""
        return next(iter(self._select("WHERE name = ?", name)), None)

    def list(self) -> Sequence[ApiKey]:
        """See ApiKeyRepository."""
        return self._select("ORDER BY created_ms, id")

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._database.close()

    def _select(self, clause: str, *values: object) -> Sequence[ApiKey]:
        with self._database.connection() as connection:
            rows = connection.execute(_SELECT + clause, values).fetchall()
        return [_from_row(*row) for row in rows]


def _to_row(key: ApiKey) -> tuple[object, ...]:
    """Return the values of _COLUMNS."""
    return (
        key.id,
        key.name,
        " ".join(sorted(key.scopes)),
        key.rate,
        key.budget.micros if key.budget else None,
        key.budget.period if key.budget else None,
        to_milliseconds(key.created_at),
        _optional_milliseconds(key.expires_at),
        _optional_milliseconds(key.revoked_at),
        key.hash,
        key.previous_hash,
        _optional_milliseconds(key.previous_until),
    )


def _from_row(*row: Any) -> ApiKey:
    key_id, name, scopes, rate, micros, period, created, expires, revoked, *hashes, until = row
    return ApiKey(
        id=key_id,
        name=name,
        scopes=frozenset(scope for scope in Scope if scope in scopes.split()),
        rate=rate,
        budget=Budget(micros=micros, period=period) if period else None,
        created_at=from_milliseconds(created),
        expires_at=_optional_time(expires),
        revoked_at=_optional_time(revoked),
        hash=hashes[0],
        previous_hash=hashes[1],
        previous_until=_optional_time(until),
    )


def _optional_milliseconds(time: datetime | None) -> int | None:
    return None if time is None else to_milliseconds(time)


def _optional_time(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_milliseconds(milliseconds)
