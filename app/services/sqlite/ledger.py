"""The Ledger port on SQLite, in the file of the records."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from app.models import Budget, OpenReservation, Spending
from app.models.billing import operation_digest, window_of, windows_of
from app.ports.ledger import OPERATION_DAYS
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.rows import from_milliseconds, to_milliseconds

_ADD = """INSERT INTO spending (account, window, micros, pictures, pictures_of_unknown_cost)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET micros = micros + excluded.micros,
        pictures = pictures + excluded.pictures,
        pictures_of_unknown_cost = pictures_of_unknown_cost + excluded.pictures_of_unknown_cost"""
_NOW = "CAST(strftime('%s') AS INTEGER)"
_NOTE = f"INSERT OR IGNORE INTO operations (id, seconds) VALUES (?, {_NOW})"  # noqa: S608 - reason: constants only
_FORGET = (
    "DELETE FROM operations WHERE rowid IN (SELECT rowid FROM operations ORDER BY rowid LIMIT 4) "  # noqa: S608 - reason: constants only
    f"AND seconds < {_NOW} - {OPERATION_DAYS * 86_400}"
)
_NOTE_OPEN = "INSERT OR IGNORE INTO open_reservations VALUES (?, ?, ?, ?, ?)"
_SELECT_OPEN = "SELECT attempt, image_id, account, micros, at_ms FROM open_reservations WHERE "
_SELECT = "SELECT window, micros, pictures, pictures_of_unknown_cost FROM spending "


class SqliteLedger:
    """Keeps a row per account and window, and one per operation; a change is one transaction."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def reserve(
        self,
        operation: str,
        accounts: Mapping[str, Budget | None],
        micros: int,
        at: datetime,
        *,
        others: Sequence[str] = (),
    ) -> str | None:
        """See Ledger."""
        operations = (operation, *others)
        total = micros * len(operations)
        with self._database.writing() as connection:
            if _is_known(connection, operation):
                return None
            for account, budget in accounts.items():
                if budget and _spent(connection, account, budget, at) + total > budget.micros:
                    return account
            _add(connection, accounts, Spending(micros=total), at)
            for one in operations:
                _note(connection, one)
        return None

    def record_spending(
        self, operation: str, accounts: Iterable[str], change: Spending, at: datetime
    ) -> None:
        """See Ledger."""
        with self._database.writing() as connection:
            if not _is_known(connection, operation):
                _add(connection, accounts, change, at)
                _note(connection, operation)

    def complete(self, operation: str, accounts: Iterable[str], micros: int, at: datetime) -> None:
        """See Ledger. A reservation is never made in part."""
        self.record_spending(operation, accounts, Spending(micros=micros), at)

    def note_open(self, reservations: Sequence[OpenReservation]) -> None:
        """See Ledger."""
        rows = [
            (one.attempt, one.image_id, one.account, one.micros, to_milliseconds(one.at))
            for one in reservations
        ]
        with self._database.writing() as connection:
            connection.executemany(_NOTE_OPEN, rows)

    def note_settled(self, attempts: Iterable[str]) -> None:
        """See Ledger."""
        rows = [(attempt,) for attempt in attempts]
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM open_reservations WHERE attempt = ?", rows)

    def find_open(self, attempt: str) -> OpenReservation | None:
        """See Ledger."""
        return next(iter(self._select_open("attempt = ?", attempt)), None)

    def list_open(self, before: datetime, *, limit: int) -> Sequence[OpenReservation]:
        """See Ledger."""
        return self._select_open("at_ms < ? ORDER BY at_ms LIMIT ?", to_milliseconds(before), limit)

    def _select_open(self, condition: str, *values: object) -> list[OpenReservation]:
        with self._database.connection() as connection:
            rows = connection.execute(_SELECT_OPEN + condition, values).fetchall()
        return [
            OpenReservation(
                attempt=attempt,
                image_id=image_id,
                account=account,
                micros=micros,
                at=from_milliseconds(at_ms),
            )
            for attempt, image_id, account, micros, at_ms in rows
        ]

    def spent(self, account: str, window: str) -> Spending:
        """See Ledger."""
        return self._select("account = ? AND window = ?", account, window).get(window, Spending())

    def days(self, account: str, first: date, last: date) -> Mapping[str, Spending]:
        """See Ledger."""
        days = "account = ? AND window BETWEEN ? AND ? AND length(window) = 10 ORDER BY window"
        return self._select(days, account, first.isoformat(), last.isoformat())

    def _select(self, condition: str, *values: str) -> dict[str, Spending]:
        with self._database.connection() as connection:
            rows = connection.execute(f"{_SELECT} WHERE {condition}", values).fetchall()
        return {
            window: Spending(micros=micros, images=images, images_of_unknown_cost=unknown)
            for window, micros, images, unknown in rows
        }


def _is_known(connection: sqlite3.Connection, operation: str) -> bool:
    query = "SELECT 1 FROM operations WHERE id = ?"
    return connection.execute(query, (operation_digest(operation),)).fetchone() is not None


def _note(connection: sqlite3.Connection, operation: str) -> None:
    """Note an operation, and forget the oldest ones; row ids are in the order of time."""
    connection.execute(_NOTE, (operation_digest(operation),))
    connection.execute(_FORGET)


def _spent(connection: sqlite3.Connection, account: str, budget: Budget, at: datetime) -> int:
    window = window_of(budget.period, at)
    query = "SELECT micros FROM spending WHERE account = ? AND window = ?"
    row = connection.execute(query, (account, window)).fetchone()
    return int(row[0]) if row else 0


def _add(
    connection: sqlite3.Connection, accounts: Iterable[str], change: Spending, at: datetime
) -> None:
    amounts = (change.micros, change.images, change.images_of_unknown_cost)
    rows = [(account, window, *amounts) for account in accounts for window in windows_of(at)]
    connection.executemany(_ADD, rows)
