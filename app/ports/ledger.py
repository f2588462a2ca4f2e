"""The port to the ledger of spending."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Protocol

from app.models import Budget, Spending


class Ledger(Protocol):
    """Counts the spending of accounts in windows: a day `2026-11-23` and a month `2026-11`, UTC.

    An account is the id of a caller, or "" for the whole server. Every method raises
    RecordsUnavailable if the store is unreachable or refuses access.
    """

    def reserve(
        self, accounts: Mapping[str, Budget | None], micros: int, at: datetime
    ) -> str | None:
        """Count an amount for all accounts, unless one of them has less left.

        Concurrent calls of any number of threads, processes and servers never exceed a budget.

        Args:
            accounts: each with its budget, or None.
            micros: the amount in millionths of a US dollar, at least 0.
            at: the time in whose windows it counts.

        Returns:
            None; or the account that has too little left, and then nothing is counted.
        """

    def record_spending(self, accounts: Iterable[str], change: Spending, at: datetime) -> None:
        """Add a change, whose numbers may be negative, in the windows of that time."""

    def spent(self, account: str, window: str) -> Spending:
        """Return the spending of the account in a window, which may be zero."""

    def days(self, account: str, first: date, last: date) -> Mapping[str, Spending]:
        """Return the days in this range with spending, in order; both ends are included."""
