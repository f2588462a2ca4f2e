"""Suggested prompts: variety, cost and failures."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import (
    AppError,
    BudgetExceeded,
    Overloaded,
    PromptRejected,
    ProviderBadResponse,
    ProviderTimeout,
    ProviderUnreachable,
    RecordsUnavailable,
)
from app.http.concurrency import Places
from app.models import Budget, Spending
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.billing.pricing import Prices
from app.usecases.images.prompts import Prompts
from tests.support.builders import PRICES, World
from tests.support.concurrency.threads import in_threads


def prompts_of(world: World, seed: int = 0) -> Prompts:
    """Make the use case on the fakes."""
    return Prompts(
        world.writer,
        prices=Prices(PRICES),
        budget_guard=BudgetGuard(ledger=world.ledger, clock=world.clock),
        clock=world.clock,
        rng=random.Random(seed),
    )


@given(st.lists(st.integers(1, 20), min_size=1, max_size=12))
def test_suggestions_are_distinct_and_complete(counts: list[int]) -> None:
    """Every call returns the requested number of distinct prompts."""
    prompts = prompts_of(World())
    for count in counts:
        assert len(set(prompts.suggest(count))) == count


@pytest.mark.parametrize("count", [1, 7, 10, 20])
def test_pool_is_used_up_before_prompts_repeat(world: World, count: int) -> None:
    """Within a minute the 40 prompts of a pool are returned before any repeats."""
    prompts = prompts_of(world)
    responses = [prompts.suggest(count) for _ in range(40 // count)]
    returned = {prompt for response in responses for prompt in response}
    assert len(returned) == 40 // count * count
    assert prompts.suggest(count)
    assert world.writer.themes == [""]


def test_pool_is_refilled_once_a_minute(world: World) -> None:
    """The model is called again after 60 seconds, and its new prompts are used."""
    prompts = prompts_of(world)
    first = set(prompts.suggest(20))
    world.clock.advance(59.9)
    prompts.suggest(20)
    assert len(world.writer.themes) == 1
    world.clock.advance(0.1)
    assert not first & set(prompts.suggest(20))
    assert len(world.writer.themes) == 2


def test_order_is_random() -> None:
    """The order is not that of the model's list."""
    responses = {tuple(prompts_of(World(), seed).suggest(10)) for seed in range(20)}
    assert len(responses) == 20


def test_duplicate_and_blank_prompts_are_dropped(world: World) -> None:
    """Prompts that differ in case and spacing only are equal."""
    world.writer.next_lists = [["A fox", " a  FOX ", "An owl", "", "  "]]
    response = prompts_of(world).suggest(2)
    assert sorted(prompt.lower() for prompt in response) == ["a fox", "an owl"]


def test_too_few_prompts_are_an_error(world: World) -> None:
    """A short list is not kept: the next call refills the pool."""
    world.writer.next_lists = [["one", "two", "Two", ""]]
    prompts = prompts_of(world)
    with pytest.raises(ProviderBadResponse):
        prompts.suggest(3)
    assert len(prompts.suggest(3)) == 3
    assert len(world.writer.themes) == 2


def test_short_list_serves_small_counts(world: World) -> None:
    """A short list serves the counts that it can; a larger one refills the pool."""
    world.writer.next_lists = [["one", "two", "three"]]
    prompts = prompts_of(world)
    assert len(prompts.suggest(3)) == 3
    with pytest.raises(ProviderBadResponse):
        prompts.suggest(4)
    assert len(prompts.suggest(4)) == 4


def test_model_errors_are_not_cached(world: World) -> None:
    """The provider's error is raised, and the next call tries again."""
    world.writer.fail("invent", ProviderTimeout("slow"))
    prompts = prompts_of(world)
    with pytest.raises(ProviderTimeout):
        prompts.suggest(5)
    world.writer.repair()
    assert len(prompts.suggest(5)) == 5


def test_concurrent_callers_share_one_call(world: World) -> None:
    """Callers that arrive during a refill wait for it, and get different prompts."""
    world.writer.gate = threading.Event()
    prompts = prompts_of(world)
    threading.Timer(0.1, world.writer.gate.set).start()
    responses = in_threads(8, lambda _: prompts.suggest(5))
    assert len({prompt for response in responses for prompt in response}) == 40
    assert world.writer.themes == [""]


def test_slow_theme_does_not_block_another(world: World) -> None:
    """A filled pool is served while another theme is being refilled."""
    prompts = prompts_of(world)
    prompts.suggest(1, theme="sea")
    world.writer.gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(prompts.suggest, 1, theme="sky")
        assert len(prompts.suggest(1, theme="sea")) == 1
        assert not slow.done()
        world.writer.gate.set()
        assert len(slow.result(60)) == 1


def test_themes_have_separate_pools(world: World) -> None:
    """Each theme has its own prompts; case does not matter."""
    prompts = prompts_of(world)
    assert all(prompt.endswith("on Sea") for prompt in prompts.suggest(20, theme="Sea"))
    assert all(prompt.endswith("on Sea") for prompt in prompts.suggest(20, theme="SEA"))
    assert all(prompt.endswith("on sky") for prompt in prompts.suggest(20, theme="sky"))
    assert world.writer.themes == ["Sea", "sky"]


def test_least_recently_used_theme_is_dropped(world: World) -> None:
    """The number of themes in memory is limited."""
    prompts = prompts_of(world)
    prompts.suggest(1, theme="popular")
    for number in range(100):
        prompts.suggest(1, theme=f"theme {number}")
        prompts.suggest(1, theme="popular")
    assert world.writer.themes.count("popular") == 1
    prompts.suggest(1, theme="theme 99")
    prompts.suggest(1, theme="theme 0")
    assert world.writer.themes.count("theme 99") == 1
    assert world.writer.themes.count("theme 0") == 2


def test_exhausted_budget_returns_older_prompts(world: World) -> None:
    """Without budget the pool is used as it is; an empty pool is an error, without a call."""
    most = Prices(PRICES).max_prompts_cost(world.writer.model) or 0
    prompts = Prompts(
        world.writer,
        prices=Prices(PRICES),
        budget_guard=BudgetGuard(
            ledger=world.ledger, clock=world.clock, budget=Budget(micros=most, period="day")
        ),
        clock=world.clock,
        rng=random.Random(0),
    )
    assert prompts.suggest(5)
    assert world.ledger.spent("", "2026-11-22") == Spending(micros=50 * 1 + 20 * 2)
    world.clock.advance(61)
    assert prompts.suggest(5)
    with pytest.raises(BudgetExceeded):
        prompts.suggest(5, theme="the sea")
    assert world.writer.themes == [""]


def test_ledger_outage_returns_older_prompts(world: World) -> None:
    """With the ledger down the pool is used as it is, and an empty pool is an error."""
    prompts = prompts_of(world)
    assert prompts.suggest(5)
    world.clock.advance(61)
    world.ledger.fail("reserve", RecordsUnavailable())
    assert prompts.suggest(5)
    with pytest.raises(RecordsUnavailable):
        prompts.suggest(5, theme="the sea")
    assert world.writer.themes == [""]


@pytest.mark.parametrize(
    ("error", "counted"),
    [(ProviderUnreachable(), False), (ProviderTimeout(), True), (PromptRejected(), True)],
)
def test_failed_call_counts_if_it_may_be_charged(
    world: World, error: AppError, counted: bool
) -> None:
    """A call that was not sent costs nothing; a timeout or a refusal stays reserved."""
    world.writer.fail("invent", error)
    with pytest.raises(type(error)):
        prompts_of(world).suggest(5)
    assert (world.ledger.spent("", "2026-11-22").micros > 0) is counted


def test_callers_above_the_places_are_refused(world: World) -> None:
    """While the model is slow, as many callers wait as there are places, of any theme."""
    places = Places(2, lambda: Overloaded("full"))
    prompts = Prompts(
        world.writer,
        prices=Prices(PRICES),
        budget_guard=BudgetGuard(ledger=world.ledger, clock=world.clock),
        clock=world.clock,
        rng=random.Random(0),
        waiting=places,
    )
    assert prompts.suggest(1, theme="known")
    with places, places:
        with pytest.raises(Overloaded):
            prompts.suggest(1, theme="new")
        assert prompts.suggest(1, theme="known")  # a pool needs no place
    assert prompts.suggest(1, theme="new")
