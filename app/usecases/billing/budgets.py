"""Budgets: reserve the maximum cost before anything is paid."""

import logging
from collections.abc import Mapping, Sequence
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
    """Checks the budgets of callers and of the server.

    Args:
        ledger: counts what is spent and reserved.
        clock: determines when a budget is reset.
        budget: the budget of the whole server, if it has one.
    """

    ledger: Ledger
    clock: Clock
    budget: Budget | None = None

    def reserve(
        self,
        operation: str,
        caller: Caller,
        micros: int | None,
        at: datetime,
        *,
        others: Sequence[str] = (),
    ) -> int:
        """Reserve a maximum cost, and return the amount that is reserved for each operation.

        If the cost is unknown and there is no budget, nothing is reserved.

        Args:
            operation: the id of the reservation, which counts once.
            caller: the caller whose account it counts for, in addition to the server's.
            micros: the maximum cost; None if unknown.
            at: the time of the request, which decides the day and month.
            others: further reservations of the same amount: all are made, or none.

        Raises:
            BudgetExceeded: a budget has too little left.
            PriceUnknown: there is a budget, and the cost is unknown.
            RecordsUnavailable: the ledger can't be reached.
        """
        budgets = {caller.id: caller.budget, SERVER: self.budget}
        if micros is None:
            return _without_price(budgets)
        if micros == 0:
            return 0
        refused = self.ledger.reserve(operation, budgets, micros, at, others=others)
        if refused is not None:
            raise self._exceeded(budgets[refused])
        return micros

    def reconcile_cost(
        self, operation: str, caller: Caller, change_micros: int, at: datetime
    ) -> bool:
        """Correct a reservation, once for each operation; return whether that succeeded.

        If the ledger fails, more stays counted than was spent.
        """
        change = Spending(micros=change_micros)
        return record_spending(self.ledger, operation, caller.id, change, at)

    def _exceeded(self, budget: Budget | None) -> BudgetExceeded:
        now = self.clock.now()
        resets_at = end_of(budget.period if budget else "day", now)
        return BudgetExceeded(
            retry_after=int((resets_at - now).total_seconds()) + 1,
            facts={"resets_at": resets_at.isoformat().replace("+00:00", "Z")},
        )


def parse_budget(text: str | None) -> Budget | None:
    """Parse a budget in dollars, such as `20.00/day` or `300/month`.

    It has at most six decimal places.
    """
    if not text:
        return None
    dollars, _, period = text.partition("/")
    return Budget(micros=int(Decimal(dollars) * _MICROS), period=cast(Period, period))


def record_spending(
    ledger: Ledger, operation: str, account: str, change: Spending, at: datetime
) -> bool:
    """Add a change to an account and the server's; only log a failure, and return False."""
    if change == Spending():
        return True
    try:
        ledger.record_spending(operation, {account, SERVER}, change, at)
    except RecordsUnavailable as error:
        _log.error("spending of account %r not recorded: %s (%s)", account, change, error.detail)
        return False
    return True


def _without_price(budgets: Mapping[str, Budget | None]) -> int:
    if any(budgets.values()):
        raise PriceUnknown
    return 0
