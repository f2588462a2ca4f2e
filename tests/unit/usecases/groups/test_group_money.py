"""What a group reserves and returns, when its candidates are written, drawn or given up."""

from dataclasses import replace

import pytest

from app.errors import BudgetExceeded, ProviderRateLimited, RecordsUnavailable, StorageUnavailable
from app.http.concurrency import ConcurrencyLimit
from app.models import Budget, Spending
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.groups.candidates import GroupListener
from tests.support.builders import World, a_request
from tests.unit.usecases.groups.test_generate_group import COST, draw, outcomes, spent


def set_budget(world: World, micros: int) -> None:
    """Give the server a budget per day."""
    budget = Budget(micros=micros, period="day")
    guard = BudgetGuard(ledger=world.ledger, clock=world.clock, budget=budget)
    pending_records = replace(world.make.pending_records, budget_guard=guard)
    world.make = replace(world.make, pending_records=pending_records)


def max_cost(world: World) -> int:
    """Return the maximum cost of one image."""
    micros = world.estimates.max_cost(a_request())[1]
    assert micros is not None
    return micros


def test_the_budget_must_have_room_for_all(world: World) -> None:
    """With room for two of three, nothing is drawn, written or counted; with room for all, all."""
    set_budget(world, 3 * max_cost(world) - 1)
    with pytest.raises(BudgetExceeded):
        draw(world)
    assert (world.records.by_id, world.generator.requests, spent(world)) == ({}, [], Spending())
    set_budget(world, 3 * max_cost(world))
    assert outcomes(draw(world)) == ["ready yes"] * 3
    assert spent(world) == Spending(micros=3 * COST, images=3)


def test_a_repetition_reserves_for_what_is_missing(world: World) -> None:
    """A budget with room for one more image is enough for the failed candidate."""
    world.generator.fail("draw", ProviderRateLimited(), after=2)
    draw(world)
    world.generator.repair()
    set_budget(world, 2 * COST + max_cost(world))
    assert outcomes(draw(world)) == ["ready yes"] * 3


@pytest.mark.parametrize("written", [True, False])
def test_records_that_fail_midway_return_their_reservations(world: World, written: bool) -> None:
    """What was written is drawn; what was not is a failure and counts nothing."""
    world.records.fail("insert", RecordsUnavailable(), after=int(written))
    if written:
        assert outcomes(draw(world)) == ["ready yes"] + ["records_unavailable no"] * 2
    else:
        with pytest.raises(RecordsUnavailable):
            draw(world)
    assert spent(world) == Spending(micros=COST * written, images=int(written))
    world.records.repair()
    assert outcomes(draw(world)) == ["ready yes"] * 3
    assert spent(world) == Spending(micros=3 * COST, images=3)


def test_without_room_on_the_disk_nothing_is_sent(world: World) -> None:
    """Each candidate needs its own room, and fails without charge if there is none."""
    world.spool.fail("room", StorageUnavailable(), after=1)
    assert outcomes(draw(world, 2)) == ["ready yes", "storage_unavailable no"]
    assert len(world.generator.requests) == 1
    assert spent(world) == Spending(micros=COST, images=1)


def test_a_stop_begins_no_further_candidate(world: World) -> None:
    """What is being drawn is finished; the rest fails without charge."""
    limit = ConcurrencyLimit(1)
    listener = GroupListener(on_outcome=lambda _: limit.close())
    assert outcomes(draw(world, limit=limit, listener=listener)) == [
        "ready yes",
        "shutting_down no",
        "shutting_down no",
    ]
    assert len(world.generator.requests) == 1
    assert spent(world) == Spending(micros=COST, images=1)
