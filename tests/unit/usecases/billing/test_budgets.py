"""Budgets are checked before anything is sent, stored or paid."""

from dataclasses import replace

import pytest

from app.errors import BudgetExceeded, PriceUnknown, RecordsUnavailable
from app.models import Budget, Caller, Scope, Spending
from app.usecases.billing.budgets import SERVER, BudgetGuard, parse_budget
from app.usecases.billing.pricing import Prices
from tests.support.builders import World, a_request

IMAGE_COST = 100 * 5 + 1000 * 30  # micros, for the usage that the fake reports
ALICE = Caller(id="alice", name="Alice", scopes=frozenset(Scope))


def set_server_budget(world: World, micros: int) -> None:
    """Give the server a budget per day."""
    guard = BudgetGuard(
        ledger=world.ledger, clock=world.clock, budget=Budget(micros=micros, period="day")
    )
    pending_records = replace(world.make.pending_records, budget_guard=guard)
    world.make = replace(world.make, pending_records=pending_records)


def test_exceeded_budget_says_when_it_is_reset(world: World) -> None:
    """At noon a budget per day is reset in twelve hours; nothing is sent, stored or counted."""
    set_server_budget(world, 1000)
    with pytest.raises(BudgetExceeded) as raised:
        world.generate(a_request())
    assert raised.value.facts == {"resets_at": "2026-11-23T00:00:00Z"}
    assert raised.value.retry_after == 12 * 3600 + 1
    assert (world.generator.requests, world.records.by_id) == ([], {})
    assert world.ledger.spent(SERVER, "2026-11-22") == Spending()


def test_caller_has_a_budget_of_its_own(world: World) -> None:
    """A caller with too little left is refused, and others are not."""
    limited = replace(ALICE, budget=Budget(micros=1000, period="month"))
    with pytest.raises(BudgetExceeded) as raised:
        world.make(a_request(), caller=limited)
    assert raised.value.facts == {"resets_at": "2026-12-01T00:00:00Z"}
    assert world.make(a_request(), caller=ALICE).record.cost_micros == IMAGE_COST


def test_unknown_price_is_refused_only_with_a_budget(world: World) -> None:
    """Without a budget an image of unknown cost is generated."""
    unpriced = replace(world.estimates, prices=Prices())
    pending_records = replace(world.make.pending_records, estimates=unpriced)
    world.make = replace(world.make, estimates=unpriced, pending_records=pending_records)
    assert world.generate(a_request()).cost_micros is None
    set_server_budget(world, 10**9)
    with pytest.raises(PriceUnknown):
        world.generate(a_request())
    assert len(world.generator.requests) == 1


def test_unavailable_ledger_prevents_the_paid_call(world: World) -> None:
    """If the cost can't be reserved, no request is sent and no record is left."""
    world.ledger.fail("reserve", RecordsUnavailable())
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    assert (world.generator.requests, world.records.by_id) == ([], {})


@pytest.mark.parametrize(
    ("text", "micros"), [("20.00/day", 20_000_000), ("0.000001/day", 1), ("1.1/day", 1_100_000)]
)
def test_budget_is_parsed_exactly(text: str, micros: int) -> None:
    """Dollars become micros without a rounding error."""
    assert parse_budget(text) == Budget(micros=micros, period="day")
