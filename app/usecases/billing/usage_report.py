"""Tells what was spent."""

from dataclasses import dataclass
from datetime import date

from app.models import Budget, BudgetState, UsageReport
from app.models.billing import end_of, window_of
from app.ports import Clock, Ledger


@dataclass(frozen=True)
class UsageReports:
    """Reads the ledger."""

    ledger: Ledger
    clock: Clock

    def statement(
        self, account: str, budget: Budget | None, first: date, last: date
    ) -> UsageReport:
        """Return what the account spent from the first day to the last, and how its budget stands.

        Raises:
            RecordsUnavailable: nobody can tell.
        """
        return UsageReport(
            days=self.ledger.days(account, first, last),
            budget=self._state(account, budget) if budget else None,
        )

    def _state(self, account: str, budget: Budget) -> BudgetState:
        now = self.clock.now()
        spent = self.ledger.spent(account, window_of(budget.period, now))
        resets_at = end_of(budget.period, now)
        return BudgetState(budget=budget, spent_micros=spent.micros, resets_at=resets_at)
