"""Keeps the ledger in step with the rows: what is reserved, booked and given back.

A row says in `booked_micros` what the ledger counts for it. Whoever wins the exchange that changes
this books the difference, so it is booked once. A crash between the two can only leave more
counted than was spent. One thing is counted and in no row any more: what enhancing cost before a
refusal, once the same key begins anew in the same row.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import cast

from app.errors import BudgetExceeded, Charged, PriceUnknown, RecordsUnavailable
from app.models import Budget, Caller, ImageRecord, Spending
from app.models.billing_period import Period, end_of
from app.ports import Clock, Ledger, Ports

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

    def settle(self, caller: Caller, change_micros: int, at: datetime) -> None:
        """Correct what was counted; a failure of the ledger leaves more counted than was spent."""
        _book_for(self.ledger, caller.id, Spending(micros=change_micros), at)

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


def with_due(end: ImageRecord) -> ImageRecord:
    """Say in a row that has ended what the ledger has to count for it.

    That is what it cost; where nobody knows, what was reserved; and where no image was paid,
    what enhancing cost.
    """
    if end.charged is Charged.NO:
        due = end.text_micros
    else:
        due = end.booked_micros if end.cost_micros is None else end.cost_micros
    return replace(end, booked_micros=due)


def compare_and_swap(ports: Ports, old: ImageRecord, new: ImageRecord) -> bool:
    """Write the row anew, and book what changed; False if it is no longer `old`."""
    return _booked(ports.ledger, old, new, lambda: ports.records.compare_and_swap(old, new))


def insert(ports: Ports, row: ImageRecord) -> bool:
    """Insert a row for objects that had none, and book it; False if its id is taken."""
    unbooked = replace(row, booked_micros=0, image=None)
    return _booked(ports.ledger, unbooked, row, lambda: ports.records.insert(row))


def _booked(ledger: Ledger, old: ImageRecord, new: ImageRecord, write: Callable[[], bool]) -> bool:
    """Book before writing what is added, and after it what is taken off.

    So a crash in between never leaves less counted than was spent.
    """
    change = new.booked_micros - old.booked_micros
    added = max(change, 0)
    _book(ledger, new, Spending(micros=added))
    if not write():
        _book(ledger, new, Spending(micros=-added))
        return False
    images = (new.image is not None) - (old.image is not None)
    unknown = images if new.cost_micros is None else 0
    rest = Spending(micros=change - added, images=images, images_of_unknown_cost=unknown)
    _book(ledger, new, rest)
    return True


def _book(ledger: Ledger, row: ImageRecord, change: Spending) -> None:
    _book_for(ledger, row.owner, change, row.requested_at)


def _book_for(ledger: Ledger, account: str, change: Spending, at: datetime) -> None:
    if change == Spending():
        return
    try:
        ledger.record_spending({account, SERVER}, change, at)
    except RecordsUnavailable as error:
        _log.error("not booked for %r: %s (%s)", account, change, error.detail)
