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
from app.usecases.generation.batch import MAX_TRIES, Batch, BatchItem, BatchOutcome, batch_items
from tests.support.builders import World, a_request

ALICE = Caller(id="alice", name="Alice", scopes=frozenset(Scope))


def wishes(*prompts: str) -> list[ImageRequest]:
    """Make a wish for each prompt."""
    return [a_request(first_prompt=prompt, prompt=prompt) for prompt in prompts]


def batch_of(world: World, waits: list[float] | None = None, concurrency: int = 1) -> Batch:
    """Make a batch on the fakes that notes how long it would wait."""
    reported: list[float] = [] if waits is None else waits
    return Batch(
        world.make, caller=ANONYMOUS, concurrency=concurrency, wait=lambda _, s: reported.append(s)
    )


def run(batch: Batch, rows: Sequence[BatchItem]) -> list[BatchOutcome]:
    """Run it to its end; outcomes by row."""
    return sorted(batch.run(rows), key=lambda one: one.item.number)


def test_each_row_has_its_image_and_a_second_run_pays_nothing(world: World) -> None:
    """Equal prompts are two images; run again, all of them are those of the first run."""
    rows = batch_items("b", wishes("A red fox", "A castle", "A red fox"), ANONYMOUS)
    first, second = (run(batch_of(world, concurrency=3), rows) for _ in range(2))
    ids = [one.record.id for one in first if one.record]
    assert len(set(ids)) == len(world.generator.requests) == 3
    assert [one.record.id for one in second if one.record] == ids
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
    claims = {row.claim for row in batch_items("b", wishes(*prompts), caller)}
    assert len(claims) == len(prompts)
    assert {row.claim for row in batch_items("b", wishes(*moved), caller)} == claims
    assert not claims & {row.claim for row in batch_items("other", wishes(*prompts), caller)}
    another = replace(caller, id="bob")
    assert not claims & {row.claim for row in batch_items("b", wishes(*prompts), another)}


def test_a_failure_is_reported_and_the_others_are_drawn(world: World) -> None:
    """One refused prompt stops nobody, and is not tried again."""
    check = world.moderator.check

    def strict(prompt: str) -> None:
        check(prompt)
        if prompt == "bad":
            raise PromptRejected

    world.moderator.check = strict  # type: ignore[method-assign]  # reason: refuses one
    outcomes = run(batch_of(world), batch_items("b", wishes("a", "bad", "c"), ANONYMOUS))
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
    (outcome,) = run(batch_of(world, reported), batch_items("b", wishes("a"), ANONYMOUS))
    assert outcome.error
    assert outcome.error.code == error.code
    assert (len(world.generator.requests), reported) == (tries, waits)


def test_an_image_that_waits_for_storage_is_paid_once(world: World) -> None:
    """The tries that follow finish it."""
    world.store.fail("put originals", StorageUnavailable())
    batch = Batch(world.make, caller=ANONYMOUS, concurrency=1, wait=lambda *_: world.store.repair())
    (outcome,) = run(batch, batch_items("b", wishes("a"), ANONYMOUS))
    assert outcome.record
    assert len(world.generator.requests) == 1


def test_a_row_of_a_killed_process_is_waited_for(world: World) -> None:
    """Its lease ends, and then it is told what became of it; it isn't bought again."""
    (row,) = batch_items("b", wishes("a"), ANONYMOUS)
    world.generator.fail("draw", KeyboardInterrupt())  # type: ignore[arg-type]  # reason: the process ends
    with pytest.raises(KeyboardInterrupt):
        world.make(row.request, claim=row.claim)
    assert world.record.state is State.PENDING
    world.generator.repair()
    batch = Batch(
        world.make,
        caller=ANONYMOUS,
        concurrency=1,
        wait=lambda _, seconds: world.clock.advance(seconds),
    )
    (outcome,) = run(batch, [row])
    assert outcome.error
    assert outcome.error.code == "outcome_unknown"
    assert len(world.generator.requests) == 1


def test_a_budget_stops_the_batch(world: World) -> None:
    """What all others would meet too is met once, and the rest is left for another day."""
    world.ledger.fail("reserve", BudgetExceeded())
    batch = batch_of(world)
    outcomes = run(batch, batch_items("b", wishes("a", "b", "c"), ANONYMOUS))
    assert [bool(one.error) for one in outcomes] == [True, False, False]
    assert isinstance(batch.stopped_by, BudgetExceeded)
    assert world.generator.requests == []


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
    rows = batch_items("b", wishes("a", "b"), ANONYMOUS)
    thread = threading.Thread(target=lambda: ended.extend(batch.run(rows)))
    thread.start()
    assert began.wait(10)
    batch.stop()
    go_on.set()
    thread.join()
    assert [bool(one.record) for one in sorted(ended, key=lambda one: one.item.number)] == [
        True,
        False,
    ]
    assert [one.error for one in ended] == [None, None]
