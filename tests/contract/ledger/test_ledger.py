"""Every ledger adds up spending, and reserves no more than the budgets allow."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from app.errors import RecordsUnavailable
from app.models import Budget, Spending
from app.ports import Ledger
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.ledger import MongoLedger
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.ledger import SqliteLedger
from tests.support.concurrency.threads import in_threads
from tests.support.fakes.stores import FakeLedger
from tests.support.servers.free_ports import free_port

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def day(micros: int) -> Budget:
    """Make a budget for a day."""
    return Budget(micros=micros, period="day")


def month(micros: int) -> Budget:
    """Make a budget for a month."""
    return Budget(micros=micros, period="month")


def test_an_unknown_account_has_spent_nothing(ledger: Ledger) -> None:
    """Its spending is zero, and it has no days."""
    assert ledger.spent("", "2026-11-23") == Spending()
    assert ledger.days("", TODAY, TODAY) == {}


def test_a_reservation_counts_for_each_account_by_day_and_month(ledger: Ledger) -> None:
    """It does so with or without a budget, and for no other account or window."""
    assert ledger.reserve({"a": day(100), "": None}, 40, NOON) is None
    for account in ("a", ""):
        for window in ("2026-11-23", "2026-11"):
            assert ledger.spent(account, window) == Spending(micros=40)
    assert ledger.spent("b", "2026-11-23") == ledger.spent("a", "2026-11-24") == Spending()


def test_a_budget_can_be_used_up_exactly(ledger: Ledger) -> None:
    """The whole budget can be reserved, but not one micro more."""
    assert ledger.reserve({"a": day(100)}, 60, NOON) is None
    assert ledger.reserve({"a": day(100)}, 41, NOON) == "a"
    assert ledger.reserve({"a": day(100)}, 40, NOON) is None
    assert ledger.reserve({"a": day(100)}, 1, NOON) == "a"
    assert ledger.spent("a", "2026-11-23") == Spending(micros=100)


def test_more_than_the_whole_budget_is_refused(ledger: Ledger) -> None:
    """It is refused even if nothing is reserved yet."""
    assert ledger.reserve({"a": day(100)}, 101, NOON) == "a"
    assert ledger.spent("a", "2026-11-23") == Spending()


@pytest.mark.parametrize("order", [("a", ""), ("", "a")])
def test_a_refused_reservation_counts_nothing(ledger: Ledger, order: tuple[str, str]) -> None:
    """If one of two budgets is too small, the other is unchanged."""
    budgets = {"a": day(100), "": month(30)}
    assert ledger.reserve({account: budgets[account] for account in order}, 31, NOON) == ""
    for account in order:
        for window in ("2026-11-23", "2026-11"):
            assert ledger.spent(account, window).micros == 0


def test_a_budget_is_reset_with_its_period(ledger: Ledger) -> None:
    """A daily budget is reset on the next day, a monthly one on the first of the next month."""
    evening, dawn = NOON.replace(day=30, hour=23), NOON.replace(month=12, day=1, hour=0)
    for budget in (day(10), month(10)):
        account = budget.period
        assert ledger.reserve({account: budget}, 10, evening) is None
        assert ledger.reserve({account: budget}, 1, evening) == account
        assert ledger.reserve({account: budget}, 10, dawn) is None
    assert ledger.reserve({"month": month(10)}, 1, dawn + timedelta(days=1)) == "month"
    assert ledger.reserve({"day": day(10)}, 10, dawn + timedelta(days=1)) is None


def test_recorded_spending_is_added(ledger: Ledger) -> None:
    """Changes add up; negative ones release what was reserved."""
    ledger.reserve({"a": day(100)}, 100, NOON)
    ledger.record_spending(["a"], Spending(micros=-60, images=1), NOON)
    ledger.record_spending(["a"], Spending(images=1, images_of_unknown_cost=1), NOON)
    expected = Spending(micros=40, images=2, images_of_unknown_cost=1)
    assert ledger.spent("a", "2026-11-23") == ledger.spent("a", "2026-11") == expected
    assert ledger.reserve({"a": day(100)}, 60, NOON) is None


def test_days_are_sorted_and_limited_to_the_span(ledger: Ledger) -> None:
    """Months, other accounts and days outside of the span are left out."""
    for number in (3, 1, 0, 2, 4):
        at = NOON + timedelta(days=number)
        ledger.record_spending(["a"], Spending(micros=number + 1), at)
        ledger.record_spending(["aa", ""], Spending(micros=99), at)
    days = ledger.days("a", TODAY + timedelta(days=1), TODAY + timedelta(days=3))
    assert list(days.items()) == [
        ("2026-11-24", Spending(micros=2)),
        ("2026-11-25", Spending(micros=3)),
        ("2026-11-26", Spending(micros=4)),
    ]
    assert list(ledger.days("a", date(2026, 10, 1), date(2026, 12, 31))) == [
        f"2026-11-{number}" for number in range(23, 28)
    ]


def test_concurrent_reservations_stay_within_the_budget(ledger: Ledger) -> None:
    """Of twenty threads at two budgets, for seven and for five of them, five succeed."""
    if isinstance(ledger, FakeLedger):
        return  # it is for tests with one thread only
    budgets = {"a": day(70), "": month(59)}
    results = in_threads(20, lambda _: ledger.reserve(budgets, 10, NOON))
    assert results.count(None) == 5
    assert ledger.spent("a", "2026-11-23").micros == ledger.spent("", "2026-11").micros == 50


def test_an_unreachable_store_is_an_outage(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every call raises RecordsUnavailable."""
    blocked = tmp_path_factory.mktemp("blocked") / "file"
    blocked.write_text("in the way")
    client: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", free_port(), serverSelectionTimeoutMS=50
    )
    database = MongoDatabase(uri="", name="none", client=client)
    for ledger in (
        SqliteLedger(SqliteDatabase(blocked / "records.sqlite3")),
        MongoLedger(database),
    ):
        for call in (
            lambda: ledger.reserve({"": day(10)}, 1, NOON),  # noqa: B023 - reason: called in this round only
            lambda: ledger.record_spending([""], Spending(micros=1), NOON),  # noqa: B023 - reason: called in this round only
            lambda: ledger.spent("", "2026-11"),  # noqa: B023 - reason: called in this round only
            lambda: ledger.days("", TODAY, TODAY),  # noqa: B023 - reason: called in this round only
        ):
            with pytest.raises(RecordsUnavailable):
                call()
    database.close()
