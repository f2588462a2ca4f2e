"""Operations that are reserved together: all of them, or none."""

from app.models import Spending
from app.ports import Ledger
from tests.contract.ledger.test_ledger import NOON, day, month, new
from tests.support.concurrency.threads import in_threads
from tests.support.fakes.stores import FakeLedger

DAY = "2026-11-23"


def test_the_amount_counts_once_for_each_operation(ledger: Ledger) -> None:
    """Three operations reserve three times the amount, with a budget and without."""
    accounts = {"a": day(30), "": None}
    assert ledger.reserve(new(), accounts, 10, NOON, others=[new(), new()]) is None
    for account in accounts:
        assert ledger.spent(account, DAY) == ledger.spent(account, "2026-11") == Spending(micros=30)


def test_a_budget_for_some_of_them_reserves_none(ledger: Ledger) -> None:
    """Too little for the last one is too little for all, in whichever account it is missing."""
    for accounts in ({"a": day(29), "": month(100)}, {"a": day(100), "": month(29)}):
        refused = ledger.reserve(new(), accounts, 10, NOON, others=[new(), new()])
        assert refused == min(accounts, key=lambda account: accounts[account].micros)
        assert ledger.spent("a", DAY) == ledger.spent("", "2026-11") == Spending()


def test_each_operation_is_known_afterwards(ledger: Ledger) -> None:
    """A later change under the id of any of them counts nothing, nor does a repeat of all."""
    operations, accounts = [new(), new(), new()], {"a": day(100), "": None}
    for _ in range(2):
        assert ledger.reserve(operations[0], accounts, 10, NOON, others=operations[1:]) is None
        for operation in operations:
            ledger.record_spending(operation, accounts, Spending(micros=10), NOON)
    assert ledger.spent("a", DAY) == ledger.spent("", DAY) == Spending(micros=30)


def test_concurrent_groups_stay_within_the_budget(ledger: Ledger) -> None:
    """Of ten groups of three, with a budget for seven operations, two are reserved completely."""
    if isinstance(ledger, FakeLedger):
        return  # it is for tests with one thread only
    budgets = {"a": day(70), "": month(75)}
    results = in_threads(
        10, lambda _: ledger.reserve(new(), budgets, 10, NOON, others=[new(), new()])
    )
    assert results.count(None) == 2
    assert ledger.spent("a", DAY).micros == ledger.spent("", "2026-11").micros == 60
