"""The ledger counts what the rows say, whatever happened to them."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from app.errors import (
    AppError,
    BudgetExceeded,
    Charged,
    GenerationInProgress,
    PriceUnknown,
    PromptRejected,
    ProviderError,
    ProviderTimeout,
    RecordsUnavailable,
)
from app.models import (
    Budget,
    Caller,
    GeneratedImage,
    ImageRecord,
    ImageRequest,
    Scope,
    Spending,
    State,
    TokenUsage,
    UpstreamRequest,
)
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.billing.budgets import SERVER, BudgetGuard, parse_budget
from app.usecases.billing.pricing import Prices
from tests.support.builders import World, a_request

DAY = "2026-11-22"
COST = 100 * 5 + 1000 * 30  # micros: what the fake tells that it used
TEXT = 50 * 1 + 20 * 2
ALICE = Caller(id="alice", name="Alice", scopes=frozenset(Scope))


def spent(world: World, account: str = SERVER) -> Spending:
    """Return what is counted for today."""
    return world.ledger.spent(account, DAY)


def with_budget(world: World, micros: int) -> None:
    """Give the whole server a budget a day."""
    guard = BudgetGuard(
        ledger=world.ledger, clock=world.clock, budget=Budget(micros=micros, period="day")
    )
    pending_records = replace(world.make.pending_records, budget_guard=guard)
    world.make = replace(world.make, pending_records=pending_records)


def check_in_step(world: World) -> None:
    """Check that the ledger counts exactly what the only record says."""
    assert spent(world).micros == world.record.booked_micros


def test_the_cost_of_both_calls_takes_the_place_of_the_estimate(world: World) -> None:
    """Row, caller's account and the server's count what drawing and enhancing really cost."""
    made = world.make(a_request(enhance=True), caller=ALICE).record
    assert made.cost_micros == world.record.booked_micros == COST + TEXT
    assert spent(world, "alice") == spent(world) == Spending(micros=COST + TEXT, images=1)


def test_while_it_is_drawn_the_estimate_is_held(world: World) -> None:
    """Money is counted before the paid call begins, and it is no less than the cost."""
    held: list[int] = []
    draw = world.generator.draw

    def watched(request: ImageRequest, **_: object) -> GeneratedImage:
        held.append(spent(world).micros)
        return draw(request)

    world.generator.draw = watched  # type: ignore[method-assign]  # reason: looks on
    world.generate(a_request())
    assert held[0] > COST
    check_in_step(world)


@pytest.mark.parametrize("cost_is_reported", [True, False])
def test_a_cost_nobody_reports_leaves_the_estimate(world: World, cost_is_reported: bool) -> None:
    """Of an image of unknown cost the estimate stays counted, and its cost is None, not 0."""
    if not cost_is_reported:
        world.generator.usage = None
    made = world.generate(a_request())
    assert (made.cost_micros is not None) is cost_is_reported
    assert (spent(world).micros > COST) is not cost_is_reported
    assert spent(world).images_of_unknown_cost == (0 if cost_is_reported else 1)
    check_in_step(world)


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (PromptRejected(), False),
        (ProviderError(charged=Charged.UNKNOWN), True),
        (ProviderTimeout(charged=Charged.UNKNOWN), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_counts_if_it_may_have_been_paid(
    world: World, error: AppError, counted: bool
) -> None:
    """What cost nothing is given back; what may have been paid stays counted."""
    world.generator.fail("draw", error)
    with pytest.raises(type(error)):
        world.generate(a_request())
    assert (spent(world).micros > 0) is counted
    check_in_step(world)


def test_enhancing_counts_though_the_image_was_refused(world: World) -> None:
    """The text call was paid for, even if the image model then refuses."""
    world.generator.fail("draw", PromptRejected())
    with pytest.raises(PromptRejected):
        world.generate(a_request(enhance=True))
    assert spent(world).micros == TEXT
    check_in_step(world)


def test_who_loses_the_race_for_a_key_gives_back_what_was_held(world: World) -> None:
    """A row that can't be written costs nothing."""
    world.records.insert = lambda _: False  # type: ignore[method-assign,assignment]  # reason: another was faster
    with pytest.raises(GenerationInProgress):
        world.generate(a_request(), claim="c")
    assert spent(world) == Spending()


def test_a_row_that_could_not_be_written_gives_back_what_was_held(world: World) -> None:
    """The records refuse the row, and say that there is none: nothing of it stays counted."""
    world.records.fail("insert", RecordsUnavailable())
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    assert (world.records.by_id, spent(world)) == ({}, Spending())


def test_a_row_of_which_nobody_knows_stays_counted(world: World) -> None:
    """The records fail while they write, and can't be asked either: the row may be there."""
    insert = world.records.insert

    def cut_off(record: ImageRecord) -> bool:
        insert(record)
        world.records.fail("get", RecordsUnavailable())
        raise RecordsUnavailable

    world.records.insert = cut_off  # type: ignore[method-assign]  # reason: answers are lost
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    assert spent(world).micros == world.record.booked_micros > 0


def test_a_row_that_was_written_though_the_answer_was_lost_stays_counted(world: World) -> None:
    """What the records did write down is not given back, until its row has ended."""
    insert = world.records.insert

    def unheard(record: ImageRecord) -> bool:
        insert(record)
        raise RecordsUnavailable

    world.records.insert = unheard  # type: ignore[method-assign]  # reason: answers are lost
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    check_in_step(world)
    world.clock.advance(1000)
    world.recover(world.record)
    assert spent(world) == Spending()


@pytest.mark.parametrize("image_out", [900, 5000])
def test_a_crash_before_booking_never_counts_less_than_was_spent(
    world: World, image_out: int
) -> None:
    """Between row and ledger a process may end; a dearer image than expected is no exception."""
    world.generator.usage = TokenUsage(text_in=100, image_out=image_out)
    compare_and_swap = world.records.compare_and_swap

    def dying(old: ImageRecord, new: ImageRecord) -> bool:
        done = compare_and_swap(old, new)
        if new.cost_micros is not None:
            raise KeyboardInterrupt
        return done

    world.records.compare_and_swap = dying  # type: ignore[method-assign]  # reason: the process ends
    with pytest.raises(KeyboardInterrupt):
        world.generate(a_request())
    assert spent(world).micros >= (world.record.cost_micros or 0) > 0


def test_a_dearer_image_that_comes_too_late_is_not_counted_twice(world: World) -> None:
    """Who loses the exchange takes back what was booked before it."""
    world.generator.usage = TokenUsage(text_in=100, image_out=5000)
    world.generate(a_request())
    before = spent(world)
    changed = replace(world.record, booked_micros=10**6)
    records = AccountedRecords(world.records, world.ledger)
    assert not records.compare_and_swap(replace(world.record, state=State.PENDING), changed)
    assert spent(world) == before


def test_a_row_that_was_given_up_is_counted_once_it_is_found(world: World) -> None:
    """A late worker's image replaces the guess: its cost takes the place of the estimate."""
    draw = world.generator.draw

    def late(request: ImageRequest, **_: object) -> GeneratedImage:
        world.clock.advance(1000)
        world.recover(world.record)
        check_in_step(world)
        return draw(request)

    world.generator.draw = late  # type: ignore[method-assign]  # reason: comes too late
    world.generate(a_request())
    assert spent(world) == Spending(micros=COST, images=1)
    check_in_step(world)


def test_a_ledger_that_fails_afterwards_spoils_nothing(world: World) -> None:
    """The image is answered, and the estimate stays counted."""
    world.ledger.fail("record_spending", RecordsUnavailable())
    assert world.generate(a_request()).cost_micros == COST
    assert spent(world).micros > COST


def test_a_ledger_that_fails_before_lets_nothing_be_bought(world: World) -> None:
    """Nobody is asked to draw, and no row is left."""
    world.ledger.fail("reserve", RecordsUnavailable())
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    assert (world.generator.requests, world.records.by_id) == ([], {})


def test_over_the_budget_the_answer_says_when_it_begins_again(world: World) -> None:
    """At noon a day's budget is back in twelve hours; nothing was asked, written or counted."""
    with_budget(world, 1000)
    with pytest.raises(BudgetExceeded) as caught:
        world.generate(a_request())
    assert caught.value.facts == {"resets_at": "2026-11-23T00:00:00Z"}
    assert caught.value.retry_after == 12 * 3600 + 1
    assert (world.generator.requests, world.records.by_id, spent(world)) == ([], {}, Spending())


def test_a_callers_own_budget_is_held_too(world: World) -> None:
    """A caller with too little left is refused, though the server has plenty."""
    poor = replace(ALICE, budget=Budget(micros=1000, period="month"))
    with pytest.raises(BudgetExceeded) as caught:
        world.make(a_request(), caller=poor)
    assert caught.value.facts == {"resets_at": "2026-12-01T00:00:00Z"}
    assert world.make(a_request(), caller=ALICE).record.cost_micros == COST


def test_an_unknown_price_is_refused_only_where_there_is_a_budget(world: World) -> None:
    """Without a price nothing is bought within a budget; without a budget it is let through."""
    unpriced = replace(world.estimates, prices=Prices())
    pending_records = replace(world.make.pending_records, estimates=unpriced)
    world.make = replace(world.make, estimates=unpriced, pending_records=pending_records)
    assert world.generate(a_request()).cost_micros is None
    with_budget(world, 10**9)
    with pytest.raises(PriceUnknown):
        world.generate(a_request())
    assert len(world.generator.requests) == 1


@pytest.mark.parametrize(
    ("text", "micros"), [("20.00/day", 20_000_000), ("0.000001/day", 1), ("1.1/day", 1_100_000)]
)
def test_a_budget_is_read_to_the_millionth(text: str, micros: int) -> None:
    """Dollars become micros exactly."""
    assert parse_budget(text) == Budget(micros=micros, period="day")


def test_prices_of_dated_models_are_those_of_their_longest_known_name() -> None:
    """A date after a known name changes nothing; another name does."""
    prices = Prices({"m": {"image_out": 1}, "m-2026": {"image_out": 2}})
    usage = TokenUsage(image_out=10)
    assert prices.cost("m-2026-01-01", usage) == 10
    assert prices.cost("m-2026-20261101", usage) == 20
    assert prices.cost("m-mini", usage) is None
    assert prices.cost("gpt-image-2.6-flare-2026-11-01", usage) == 300


def test_reported_prices_complete_those_that_are_known() -> None:
    """One price of a dated model, or one estimate, leaves all others as they were."""
    dated = "gpt-image-2.6-flare-2026-11-01"
    reported: dict[str, dict[str, Any]] = {
        dated: {"image_out": 35},
        "gpt-image-2.6-flare": {"output_tokens": {"medium": {"1024x1024": 900}}},
    }
    prices = Prices(reported)
    assert prices.cost(dated, TokenUsage(text_in=1, image_out=1)) == 40
    for model, price in ((dated, 35), ("gpt-image-2.6-flare", 30)):
        most = partial(most_for_a_fox, prices, model)
        assert most("medium", "1024x1024") == 5 * len("A fox") + price * 900
        assert most("medium", "1536x1024") == 5 * len("A fox") + price * 1568
        assert most("high", "1024x1024") == 5 * len("A fox") + price * 4160


def most_for_a_fox(prices: Prices, model: str, quality: str, size: str) -> int | None:
    """Return the most that an image of a fox may cost, in micros."""
    body = {"model": model, "prompt": "A fox", "quality": quality, "size": size}
    request = UpstreamRequest(method="POST", path="/images/generations", body=body)
    return prices.max_image_cost(request)


def test_a_cost_is_rounded_to_the_nearest_micro() -> None:
    """Halves go up; tokens without a price make the cost unknown."""
    prices = Prices({"m": {"text_in": 0.1}})
    assert [prices.cost("m", TokenUsage(text_in=n)) for n in (4, 5, 14, 15)] == [0, 1, 1, 2]
    assert prices.cost("m", TokenUsage(text_in=1, text_out=1)) is None
