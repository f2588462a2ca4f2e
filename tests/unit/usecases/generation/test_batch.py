"""Many images, none of them twice."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import (
    AppError,
    BudgetExceeded,
    Charged,
    PromptRejected,
    ProviderRateLimited,
    ProviderTimeout,
    StorageUnavailable,
)
from app.models import ANONYMOUS, Caller, ImageRequest, Scope, State
from app.usecases.generation.batch import MAX_TRIES, Batch, BatchItem, BatchOutcome, rows_of
from tests.support.builders import World, a_request

ALICE = Caller(id="alice", name="Alice", scopes=frozenset(Scope))


def wishes(*prompts: str) -> list[ImageRequest]:
    """Make a wish for each prompt."""
    return [a_request(first_prompt=prompt, prompt=prompt) for prompt in prompts]


def batch_of(world: World, waits: list[float] | None = None, at_once: int = 1) -> Batch:
    """Make a batch on the fakes that notes how long it would wait."""
    reported: list[float] = [] if waits is None else waits
    return Batch(
        world.make, caller=ANONYMOUS, at_once=at_once, wait=lambda _, s: reported.append(s)
    )


def run(batch: Batch, rows: Sequence[BatchItem]) -> list[BatchOutcome]:
    """Run it to its end; outcomes by row."""
    return sorted(batch.run(rows), key=lambda one: one.row.number)


def test_each_row_has_its_image_and_a_second_run_pays_nothing(world: World) -> None:
    """Equal prompts are two images; run again, all of them are those of the first run."""
    rows = rows_of("b", wishes("A red fox", "A castle", "A red fox"), ANONYMOUS)
    first, second = (run(batch_of(world, at_once=3), rows) for _ in range(2))
    ids = [one.image.id for one in first if one.image]
    assert len(set(ids)) == len(world.generator.asked) == 3
    assert [one.image.id for one in second if one.image] == ids
    assert [one.replayed for one in second] == [True] * 3
    assert sum(one.cost_micros for one in first) > sum(one.cost_micros for one in second) == 0


@given(
    st.lists(st.sampled_from("abc"), max_size=8),
    st.permutations(range(8)),
    st.sampled_from([ANONYMOUS, ALICE]),
)
def test_rows_may_be_moved_but_not_shared(
    prompts: list[str], order: list[int], caller: Caller
) -> None:
    """The claims of a file are the same in any order; another batch or caller has others."""
    moved = [prompts[place] for place in order if place < len(prompts)]
    claims = {row.claim for row in rows_of("b", wishes(*prompts), caller)}
    assert len(claims) == len(prompts)
    assert {row.claim for row in rows_of("b", wishes(*moved), caller)} == claims
    assert not claims & {row.claim for row in rows_of("other", wishes(*prompts), caller)}
    another = replace(caller, id="bob")
    assert not claims & {row.claim for row in rows_of("b", wishes(*prompts), another)}


def test_a_failure_is_reported_and_the_others_are_drawn(world: World) -> None:
    """One refused prompt stops nobody, and is not tried again."""
    check = world.moderator.check

    def strict(prompt: str) -> None:
        check(prompt)
        if prompt == "bad":
            raise PromptRejected

    world.moderator.check = strict  # type: ignore[method-assign]  # reason: refuses one
    outcomes = run(batch_of(world), rows_of("b", wishes("a", "bad", "c"), ANONYMOUS))
    assert [one.error.code if one.error else None for one in outcomes] == [
        None,
        "prompt_rejected",
        None,
    ]
    assert world.moderator.checked == ["a", "bad", "c"]


@pytest.mark.parametrize(
    ("error", "tries", "waits"),
    [
        (ProviderRateLimited(retry_after=7), MAX_TRIES, [7.0] * (MAX_TRIES - 1)),
        (ProviderRateLimited(retry_after=3600), MAX_TRIES, [60.0] * (MAX_TRIES - 1)),
        (ProviderTimeout(charged=Charged.UNKNOWN), 1, []),
    ],
)
def test_what_may_help_is_tried_again(
    world: World, error: AppError, tries: int, waits: list[float]
) -> None:
    """As often as it makes sense, after the time that was told; what may be paid for never."""
    world.generator.fail("draw", error)
    reported: list[float] = []
    (outcome,) = run(batch_of(world, reported), rows_of("b", wishes("a"), ANONYMOUS))
    assert outcome.error
    assert outcome.error.code == error.code
    assert (len(world.generator.asked), reported) == (tries, waits)


def test_an_image_that_waits_for_storage_is_paid_once(world: World) -> None:
    """The tries that follow finish it."""
    world.store.fail("put originals", StorageUnavailable())
    batch = Batch(world.make, caller=ANONYMOUS, at_once=1, wait=lambda *_: world.store.repair())
    (outcome,) = run(batch, rows_of("b", wishes("a"), ANONYMOUS))
    assert outcome.image
    assert len(world.generator.asked) == 1


def test_a_row_of_a_killed_process_is_waited_for(world: World) -> None:
    """Its lease ends, and then it is told what became of it; it isn't bought again."""
    (row,) = rows_of("b", wishes("a"), ANONYMOUS)
    world.generator.fail("draw", KeyboardInterrupt())  # type: ignore[arg-type]  # reason: the process ends
    with pytest.raises(KeyboardInterrupt):
        world.make(row.request, claim=row.claim)
    assert world.row.state is State.PENDING
    world.generator.repair()
    batch = Batch(
        world.make,
        caller=ANONYMOUS,
        at_once=1,
        wait=lambda _, seconds: world.clock.advance(seconds),
    )
    (outcome,) = run(batch, [row])
    assert outcome.error
    assert outcome.error.code == "outcome_unknown"
    assert len(world.generator.asked) == 1


def test_a_budget_stops_the_batch(world: World) -> None:
    """What all others would meet too is met once, and the rest is left for another day."""
    world.make.intents.till.ledger.fail("reserve", BudgetExceeded())  # type: ignore[attr-defined]  # reason: a fake
    batch = batch_of(world)
    outcomes = run(batch, rows_of("b", wishes("a", "b", "c"), ANONYMOUS))
    assert [bool(one.error) for one in outcomes] == [True, False, False]
    assert isinstance(batch.reason, BudgetExceeded)
    assert world.generator.asked == []


def test_stopping_lets_those_under_way_end(world: World) -> None:
    """After a stop no further row is begun, and what was being drawn has its image."""
    began, go_on = threading.Event(), threading.Event()
    draw = world.generator.draw

    def slow(request: ImageRequest, **options: Any) -> object:
        began.set()
        assert go_on.wait(10)
        return draw(request, **options)

    world.generator.draw = slow  # type: ignore[method-assign,assignment]  # reason: takes its time
    batch = batch_of(world)
    ended: list[BatchOutcome] = []
    rows = rows_of("b", wishes("a", "b"), ANONYMOUS)
    thread = threading.Thread(target=lambda: ended.extend(batch.run(rows)))
    thread.start()
    assert began.wait(10)
    batch.stop()
    go_on.set()
    thread.join()
    assert [bool(one.image) for one in sorted(ended, key=lambda one: one.row.number)] == [
        True,
        False,
    ]
    assert [one.error for one in ended] == [None, None]
