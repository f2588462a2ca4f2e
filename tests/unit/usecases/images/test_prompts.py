import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import (
    AppError,
    BudgetExceeded,
    PromptRejected,
    ProviderBadResponse,
    ProviderTimeout,
    ProviderUnreachable,
    RecordsUnavailable,
)
from app.models import Budget, Spending
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.billing.pricing import Prices
from app.usecases.images.prompts import Prompts
from tests.support.builders import PRICES, World
from tests.support.concurrency.threads import at_once


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
def test_an_answer_has_as_many_distinct_prompts_as_asked(counts: list[int]) -> None:
    """However often and however many are asked, no answer repeats itself."""
    prompts = prompts_of(World())
    for count in counts:
        assert len(set(prompts.suggest(count))) == count


@pytest.mark.parametrize("count", [1, 7, 10, 20])
def test_every_prompt_is_handed_out_before_any_comes_again(world: World, count: int) -> None:
    """Within a minute the pool of 40 is used up before the first repetition."""
    prompts = prompts_of(world)
    answers = [prompts.suggest(count) for _ in range(40 // count)]
    handed_out = {prompt for answer in answers for prompt in answer}
    assert len(handed_out) == 40 // count * count
    assert prompts.suggest(count)
    assert world.writer.themes == [""]


def test_a_minute_costs_one_call_of_the_model(world: World) -> None:
    """The model is asked again after 60 seconds, not sooner, and its new prompts are used."""
    prompts = prompts_of(world)
    first = set(prompts.suggest(20))
    world.clock.advance(59.9)
    prompts.suggest(20)
    assert len(world.writer.themes) == 1
    world.clock.advance(0.1)
    assert not first & set(prompts.suggest(20))
    assert len(world.writer.themes) == 2


def test_the_order_is_random() -> None:
    """Which prompts come first is not what the model listed first."""
    answers = {tuple(prompts_of(World(), seed).suggest(10)) for seed in range(20)}
    assert len(answers) == 20


def test_spelling_variants_count_once_and_blanks_not_at_all(world: World) -> None:
    """Case and spacing don't make a prompt another one, and empty prompts are no prompts."""
    world.writer.next_lists = [["A fox", " a  FOX ", "An owl", "", "  "]]
    answer = prompts_of(world).suggest(2)
    assert sorted(prompt.lower() for prompt in answer) == ["a fox", "an owl"]


def test_too_few_prompts_are_an_error_and_the_next_call_tries_again(world: World) -> None:
    """A model that gives too few is not stuck with for a minute."""
    world.writer.next_lists = [["one", "two", "Two", ""]]
    prompts = prompts_of(world)
    with pytest.raises(ProviderBadResponse):
        prompts.suggest(3)
    assert len(prompts.suggest(3)) == 3
    assert len(world.writer.themes) == 2


def test_enough_for_a_small_wish_is_enough(world: World) -> None:
    """A short list serves the callers that it can, and a bigger wish asks the model again."""
    world.writer.next_lists = [["one", "two", "three"]]
    prompts = prompts_of(world)
    assert len(prompts.suggest(3)) == 3
    with pytest.raises(ProviderBadResponse):
        prompts.suggest(4)
    assert len(prompts.suggest(4)) == 4


def test_a_failing_model_is_asked_again_at_once(world: World) -> None:
    """The writer's own error reaches the caller and isn't remembered."""
    world.writer.fail("invent", ProviderTimeout("slow"))
    prompts = prompts_of(world)
    with pytest.raises(ProviderTimeout):
        prompts.suggest(5)
    world.writer.repair()
    assert len(prompts.suggest(5)) == 5


def test_many_callers_at_once_cost_one_call(world: World) -> None:
    """Callers who come while the model is being asked wait for that one answer, and differ."""
    world.writer.gate = threading.Event()
    prompts = prompts_of(world)
    threading.Timer(0.1, world.writer.gate.set).start()
    answers = at_once(8, lambda _: prompts.suggest(5))
    assert len({prompt for answer in answers for prompt in answer}) == 40
    assert world.writer.themes == [""]


def test_a_slow_theme_does_not_hold_up_another(world: World) -> None:
    """Callers with a filled pool are served while the model thinks about another theme."""
    prompts = prompts_of(world)
    prompts.suggest(1, theme="sea")
    world.writer.gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(prompts.suggest, 1, theme="sky")
        assert len(prompts.suggest(1, theme="sea")) == 1
        assert not slow.done()
        world.writer.gate.set()
        assert len(slow.result(10)) == 1


def test_themes_have_pools_of_their_own(world: World) -> None:
    """A theme gets its own prompts, however its letters are cased."""
    prompts = prompts_of(world)
    assert all(prompt.endswith("on Sea") for prompt in prompts.suggest(20, theme="Sea"))
    assert all(prompt.endswith("on Sea") for prompt in prompts.suggest(20, theme="SEA"))
    assert all(prompt.endswith("on sky") for prompt in prompts.suggest(20, theme="sky"))
    assert world.writer.themes == ["Sea", "sky"]


def test_only_the_themes_used_last_are_remembered(world: World) -> None:
    """Callers can't fill the memory with themes: the one unused for longest is forgotten."""
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


def test_over_the_budget_older_prompts_are_handed_out(world: World) -> None:
    """Who has nothing left to spend gets what the pool has; an empty pool is refused, unasked."""
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


def test_while_the_ledger_is_down_older_prompts_are_handed_out(world: World) -> None:
    """What is in the pool costs nothing; an empty pool is not filled on a guess."""
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
def test_a_failed_question_counts_if_it_may_have_been_paid(
    world: World, error: AppError, counted: bool
) -> None:
    """What never arrived costs nothing; what may have been answered, if only by a no, counts."""
    world.writer.fail("invent", error)
    with pytest.raises(type(error)):
        prompts_of(world).suggest(5)
    assert (world.ledger.spent("", "2026-11-22").micros > 0) is counted
