"""What keeps account of money."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Protocol

from app.models import Budget, Spending


class Ledger(Protocol):
    """Counts what accounts spend, in windows: a day `2026-11-23` and a month `2026-11`, both UTC.

    An account is the id of a caller, or "" for the whole server. Every method raises
    RecordsUnavailable when the store can't be reached or refuses us.
    """

    def reserve(
        self, accounts: Mapping[str, Budget | None], micros: int, at: datetime
    ) -> str | None:
        """Count so much for all accounts at once, unless it is more than one of them has left.

        Of any number of threads, processes and servers, no more get through than the budgets
        allow.

        Args:
            accounts: each with its budget, or None.
            micros: millionths of a US dollar, at least 0.
            at: the time in whose windows it counts.

        Returns:
            None; or the account that has too little left, and then nothing is counted.
        """

    def record_spending(self, accounts: Iterable[str], change: Spending, at: datetime) -> None:
        """Add a change, whose numbers may be negative, in the windows of that time."""

    def spent(self, account: str, window: str) -> Spending:
        """Return what the account has spent in one window; nothing is a sum too."""

    def days(self, account: str, first: date, last: date) -> Mapping[str, Spending]:
        """Return the days from the first to the last in which anything was counted, in order."""
