"""Budgets: reserves money before anything is paid."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from app.errors import BudgetExceeded, PriceUnknown, RecordsUnavailable
from app.models import Budget, Caller, Spending
from app.models.billing import Period, end_of
from app.ports import Clock, Ledger

SERVER = ""
"""The account of the whole server."""

_MICROS = 1_000_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BudgetGuard:
    """Holds budgets before anything is paid.

    Args:
        ledger: what is spent.
        clock: tells when a refused caller may come again.
        budget: of the whole server, if it has one.
    """

    ledger: Ledger
    clock: Clock
    budget: Budget | None = None

    def reserve(self, caller: Caller, micros: int | None, at: datetime) -> int:
        """Count the most that something may cost, and return that.

        Without any budget, what nobody knows the price of is let through, and nothing counted.

        Raises:
            BudgetExceeded: it is more than is left of a budget.
            PriceUnknown: there is a budget, and nobody knows what it may cost.
            RecordsUnavailable: nobody knows what is left.
        """
        budgets = self.budgets_of(caller)
        if micros is None:
            if any(budgets.values()):
                raise PriceUnknown
            return 0
        refused = self.ledger.reserve(budgets, micros, at) if micros else None
        if refused is not None:
            raise self._exceeded(budgets[refused])
        return micros

    def reconcile_cost(self, caller: Caller, change_micros: int, at: datetime) -> None:
        """Correct what was counted; a failure of the ledger leaves more counted than was spent."""
        record_spending(self.ledger, caller.id, Spending(micros=change_micros), at)

    def budgets_of(self, caller: Caller) -> Mapping[str, Budget | None]:
        """Return the accounts to which the caller's spending counts, with their budgets."""
        return {caller.id: caller.budget, SERVER: self.budget}

    def _exceeded(self, budget: Budget | None) -> BudgetExceeded:
        now = self.clock.now()
        resets_at = end_of(budget.period if budget else "day", now)
        return BudgetExceeded(
            retry_after=int((resets_at - now).total_seconds()) + 1,
            facts={"resets_at": resets_at.isoformat().replace("+00:00", "Z")},
        )


def budget_from(text: str | None) -> Budget | None:
    """Read a budget like `20.00/day` or `300/month`, in dollars with at most six places."""
    if not text:
        return None
    dollars, _, period = text.partition("/")
    return Budget(micros=int(Decimal(dollars) * _MICROS), period=cast(Period, period))


def record_spending(ledger: Ledger, account: str, change: Spending, at: datetime) -> None:
    """Count a change for the account and the server; a failure is logged only."""
    if change == Spending():
        return
    try:
        ledger.record_spending({account, SERVER}, change, at)
    except RecordsUnavailable as error:
        _log.error("not booked for %r: %s (%s)", account, change, error.detail)
