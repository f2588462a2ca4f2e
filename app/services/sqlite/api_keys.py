"""The ApiKeyRepository port on SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.models import ApiKey, Budget, Scope
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.rows import milliseconds, moment

_COLUMNS = (
    "id, name, scopes, rate, budget_micros, budget_period, created_ms, expires_ms, revoked_ms, "
    "hash, previous_hash, previous_until_ms"
)
_SELECT = f"SELECT {_COLUMNS} FROM api_keys "  # noqa: S608 - reason: constants only
_MARKS = ", ".join("?" * len(_COLUMNS.split(",")))
_INSERT = f"INSERT INTO api_keys ({_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608 - reason: constants only
_EXCHANGE = (
    f"UPDATE api_keys SET ({_COLUMNS}) = ({_MARKS}) "  # noqa: S608 - reason: constants only
    "WHERE id = ? AND hash = ? AND revoked_ms IS ?"
)


class SqliteApiKeys:
    """Keeps a row per key in the file of the records."""

    def __init__(self, file: SqliteDatabase) -> None:
        self._file = file

    def insert(self, key: ApiKey) -> bool:
        """See ApiKeyRepository."""
        with self._file.writing() as connection:
            try:
                connection.execute(_INSERT, _values(key))
            except sqlite3.IntegrityError:
                return False
        return True

    def compare_and_swap(self, old: ApiKey, new: ApiKey) -> bool:
        """See ApiKeyRepository."""
        seen = (old.id, old.hash, _maybe_milliseconds(old.revoked_at))
        with self._file.writing() as connection:
            return connection.execute(_EXCHANGE, (*_values(new), *seen)).rowcount == 1

    def get(self, key_id: str) -> ApiKey | None:
        """See ApiKeyRepository."""
        return next(iter(self._keys("WHERE id = ?", key_id)), None)

    def find(self, name: str) -> ApiKey | None:
        """See ApiKeyRepository."""
        return next(iter(self._keys("WHERE name = ?", name)), None)

    def list(self) -> Sequence[ApiKey]:
        """See ApiKeyRepository."""
        return self._keys("ORDER BY created_ms, id")

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._file.close()

    def _keys(self, chosen: str, *values: object) -> Sequence[ApiKey]:
        with self._file.connection() as connection:
            rows = connection.execute(_SELECT + chosen, values).fetchall()
        return [_key(*row) for row in rows]


def _values(key: ApiKey) -> tuple[object, ...]:
    """Return the values of the columns, in their order."""
    return (
        key.id,
        key.name,
        " ".join(sorted(key.scopes)),
        key.rate,
        key.budget.micros if key.budget else None,
        key.budget.period if key.budget else None,
        milliseconds(key.created_at),
        _maybe_milliseconds(key.expires_at),
        _maybe_milliseconds(key.revoked_at),
        key.hash,
        key.previous_hash,
        _maybe_milliseconds(key.previous_until),
    )


def _key(*row: Any) -> ApiKey:
    key_id, name, scopes, rate, micros, period, created, expires, revoked, *hashes, until = row
    return ApiKey(
        id=key_id,
        name=name,
        scopes=frozenset(scope for scope in Scope if scope in scopes.split()),
        rate=rate,
        budget=Budget(micros=micros, period=period) if period else None,
        created_at=moment(created),
        expires_at=_maybe_moment(expires),
        revoked_at=_maybe_moment(revoked),
        hash=hashes[0],
        previous_hash=hashes[1],
        previous_until=_maybe_moment(until),
    )


def _maybe_milliseconds(time: datetime | None) -> int | None:
    return None if time is None else milliseconds(time)


def _maybe_moment(since_epoch: int | None) -> datetime | None:
    return None if since_epoch is None else moment(since_epoch)
