"""Port for the ledger of spending."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from app.models import Budget, OpenReservation, Spending

OPERATION_DAYS = 400
"""How long a ledger recognizes an operation: more than the year that a usage report covers."""


class Ledger(Protocol):
    """Counts the spending of accounts by day and by month.

    An account is the id of a caller, or "" for the whole server. A window is a day (`2026-11-23`)
    or a month (`2026-11`) in UTC. Every method raises RecordsUnavailable if the store is
    unreachable or refuses access.

    Each change has the id of its operation, any text. For `OPERATION_DAYS` a repeat with the same
    id counts nothing, even while the first one is still running, and completes one that was
    interrupted.
    """

    def reserve(
        self,
        operation: str,
        accounts: Mapping[str, Budget | None],
        micros: int,
        at: datetime,
        *,
        others: Sequence[str] = (),
    ) -> str | None:
        """Reserve an amount in all accounts, unless it would exceed a budget.

        With `others`, the amount is reserved once for each operation: for all of them or for none.

        Concurrent calls from any number of threads, processes and servers never exceed a budget.

        Args:
            operation: the id of this change.
            accounts: the accounts with their budgets; None for no budget.
            micros: the amount in millionths of a US dollar, at least 0.
            at: the time that selects the windows.
            others: the ids of further changes, which are reserved by no other call.

        Returns:
            None, or an account whose budget would be exceeded; in that case nothing is reserved.
        """

    def record_spending(
        self, operation: str, accounts: Iterable[str], change: Spending, at: datetime
    ) -> None:
        """Add a change to the windows of a time; its numbers may be negative."""

    def complete(self, operation: str, accounts: Iterable[str], micros: int, at: datetime) -> None:
        """Count a reservation in full, whether it was made, interrupted or refused before."""

    def note_open(self, reservations: Sequence[OpenReservation]) -> None:
        """Remember reservations until they are settled; known attempts stay as they are."""

    def note_settled(self, attempts: Iterable[str]) -> None:
        """Forget the open reservations of these attempts."""

    def find_open(self, attempt: str) -> OpenReservation | None:
        """Return the open reservation of an attempt, or None."""

    def list_open(self, before: datetime, *, limit: int) -> Sequence[OpenReservation]:
        """Return open reservations of requests before a time, oldest first."""

    def spent(self, account: str, window: str) -> Spending:
        """Return the spending of an account in a window; zero if none."""

    def days(self, account: str, first: date, last: date) -> Mapping[str, Spending]:
        """Return the days with spending from `first` to `last`, in order."""
