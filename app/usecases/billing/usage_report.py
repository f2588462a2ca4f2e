"""Report what an account has spent."""

from dataclasses import dataclass
from datetime import date

from app.models import Budget, BudgetState, UsageReport
from app.models.billing import end_of, window_of
from app.ports import Clock, Guard, Ledger, unguarded


@dataclass(frozen=True)
class UsageReporter:
    """Makes usage reports from the ledger.

    Args:
        ledger: contains the spending of the accounts.
        clock: determines the current day and month.
        guard: makes the reads from the ledger.
    """

    ledger: Ledger
    clock: Clock
    guard: Guard = unguarded

    def report(self, account: str, budget: Budget | None, first: date, last: date) -> UsageReport:
        """Return the spending of an account by day, and the state of its budget.

        Args:
            account: the id of a caller, or "" for the whole server.
            budget: the account's budget, if it has one.
            first: the first day of the report, in UTC.
            last: the last day of the report.

        Raises:
            RecordsUnavailable: the ledger can't be reached.
        """
        return self.guard(lambda: self._report(account, budget, first, last))

    def _report(self, account: str, budget: Budget | None, first: date, last: date) -> UsageReport:
        return UsageReport(
            days=self.ledger.days(account, first, last),
            budget=self._state(account, budget) if budget else None,
        )

    def _state(self, account: str, budget: Budget) -> BudgetState:
        now = self.clock.now()
        spent = self.ledger.spent(account, window_of(budget.period, now))
        resets_at = end_of(budget.period, now)
        return BudgetState(budget=budget, spent_micros=spent.micros, resets_at=resets_at)
