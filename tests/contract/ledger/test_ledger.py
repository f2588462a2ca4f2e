"""Every ledger adds up spending, and reserves no more than the budgets allow."""

import uuid
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


def new() -> str:
    """Make the id of an operation."""
    return uuid.uuid4().hex


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
    assert ledger.reserve(new(), {"a": day(100), "": None}, 40, NOON) is None
    for account in ("a", ""):
        for window in ("2026-11-23", "2026-11"):
            assert ledger.spent(account, window) == Spending(micros=40)
    assert ledger.spent("b", "2026-11-23") == ledger.spent("a", "2026-11-24") == Spending()


def test_a_budget_can_be_used_up_exactly(ledger: Ledger) -> None:
    """The whole budget can be reserved, but not one micro more."""
    assert ledger.reserve(new(), {"a": day(100)}, 60, NOON) is None
    assert ledger.reserve(new(), {"a": day(100)}, 41, NOON) == "a"
    assert ledger.reserve(new(), {"a": day(100)}, 40, NOON) is None
    assert ledger.reserve(new(), {"a": day(100)}, 1, NOON) == "a"
    assert ledger.spent("a", "2026-11-23") == Spending(micros=100)


def test_more_than_the_whole_budget_is_refused(ledger: Ledger) -> None:
    """It is refused even if nothing is reserved yet."""
    assert ledger.reserve(new(), {"a": day(100)}, 101, NOON) == "a"
    assert ledger.spent("a", "2026-11-23") == Spending()


@pytest.mark.parametrize("order", [("a", ""), ("", "a")])
def test_a_refused_reservation_counts_nothing(ledger: Ledger, order: tuple[str, str]) -> None:
    """If one of two budgets is too small, the other is unchanged."""
    budgets = {"a": day(100), "": month(30)}
    assert ledger.reserve(new(), {account: budgets[account] for account in order}, 31, NOON) == ""
    for account in order:
        for window in ("2026-11-23", "2026-11"):
            assert ledger.spent(account, window).micros == 0


def test_a_budget_is_reset_with_its_period(ledger: Ledger) -> None:
    """A daily budget is reset on the next day, a monthly one on the first of the next month."""
    evening, dawn = NOON.replace(day=30, hour=23), NOON.replace(month=12, day=1, hour=0)
    for budget in (day(10), month(10)):
        account = budget.period
        assert ledger.reserve(new(), {account: budget}, 10, evening) is None
        assert ledger.reserve(new(), {account: budget}, 1, evening) == account
        assert ledger.reserve(new(), {account: budget}, 10, dawn) is None
    assert ledger.reserve(new(), {"month": month(10)}, 1, dawn + timedelta(days=1)) == "month"
    assert ledger.reserve(new(), {"day": day(10)}, 10, dawn + timedelta(days=1)) is None


def test_recorded_spending_is_added(ledger: Ledger) -> None:
    """Changes add up; negative ones release what was reserved."""
    ledger.reserve(new(), {"a": day(100)}, 100, NOON)
    ledger.record_spending(new(), ["a"], Spending(micros=-60, images=1), NOON)
    ledger.record_spending(new(), ["a"], Spending(images=1, images_of_unknown_cost=1), NOON)
    expected = Spending(micros=40, images=2, images_of_unknown_cost=1)
    assert ledger.spent("a", "2026-11-23") == ledger.spent("a", "2026-11") == expected
    assert ledger.reserve(new(), {"a": day(100)}, 60, NOON) is None


def test_days_are_sorted_and_limited_to_the_span(ledger: Ledger) -> None:
    """Months, other accounts and days outside of the span are left out."""
    for number in (3, 1, 0, 2, 4):
        at = NOON + timedelta(days=number)
        ledger.record_spending(new(), ["a"], Spending(micros=number + 1), at)
        ledger.record_spending(new(), ["aa", ""], Spending(micros=99), at)
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
    results = in_threads(20, lambda _: ledger.reserve(new(), budgets, 10, NOON))
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
            lambda: ledger.reserve(new(), {"": day(10)}, 1, NOON),  # noqa: B023 - reason: called in this round only
            lambda: ledger.record_spending(new(), [""], Spending(micros=1), NOON),  # noqa: B023 - reason: called in this round only
            lambda: ledger.spent("", "2026-11"),  # noqa: B023 - reason: called in this round only
            lambda: ledger.days("", TODAY, TODAY),  # noqa: B023 - reason: called in this round only
        ):
            with pytest.raises(RecordsUnavailable):
                call()
    database.close()


@pytest.mark.parametrize("others", [0, 5])
def test_a_repeated_operation_counts_once(
    ledger: Ledger, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeat changes nothing, also after many other operations, with a budget or without."""
    monkeypatch.setattr("app.services.mongodb.ledger._MAX_RECENT", 4)  # five are many
    for account, budget in (("a", day(100)), ("b", None)):
        first, second = new(), new()
        for _ in range(2):
            assert ledger.reserve(first, {account: budget, "": None}, 40, NOON) is None
            for _ in range(2):
                ledger.record_spending(second, [account, ""], Spending(micros=-9, images=1), NOON)
            for _ in range(others):
                ledger.record_spending(new(), [account], Spending(micros=1), NOON)
                ledger.record_spending(new(), [account], Spending(micros=-1), NOON)
        assert ledger.spent(account, "2026-11-23") == Spending(micros=31, images=1)
    assert ledger.spent("", "2026-11") == Spending(micros=62, images=2)


def test_a_refused_operation_stays_uncounted(ledger: Ledger) -> None:
    """Its repeat is refused too, and what was taken back is not taken back again."""
    budgets, operation = {"a": day(100), "": month(30)}, new()
    for _ in range(3):
        assert ledger.reserve(operation, budgets, 31, NOON) is not None
        assert ledger.spent("a", "2026-11-23").micros == 0


def test_concurrent_repeats_count_once(ledger: Ledger) -> None:
    """Of twenty threads that make the same change, in windows that do not exist yet, one counts."""
    if isinstance(ledger, FakeLedger):
        return  # it is for tests with one thread only
    budgets, change = {"a": day(100), "b": None, "": month(100)}, Spending(micros=-3, images=1)
    operations = [new(), new()]

    def repeat(_: int) -> str | None:
        result = ledger.reserve(operations[0], budgets, 60, NOON)
        ledger.record_spending(operations[1], budgets, change, NOON)
        return result

    assert in_threads(20, repeat) == [None] * 20
    for account in budgets:
        for window in ("2026-11-23", "2026-11"):
            assert ledger.spent(account, window) == Spending(micros=57, images=1)
