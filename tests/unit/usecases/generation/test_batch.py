"""Batches: each image is generated once, in any number of runs."""

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
from app.usecases.generation.batch import (
    MAX_TRIES,
    Batch,
    BatchItem,
    BatchOutcome,
    batch_items,
    with_groups,
)
from tests.support.builders import World, a_request

ALICE = Caller(id="alice", name="Alice", scopes=frozenset(Scope))


def requests_for(*prompts: str) -> list[ImageRequest]:
    """Make a request for each prompt."""
    return [a_request(first_prompt=prompt, prompt=prompt) for prompt in prompts]


def batch_of(world: World, waits: list[float] | None = None, concurrency: int = 1) -> Batch:
    """Make a batch on the fakes that notes its waiting times."""
    waited: list[float] = [] if waits is None else waits
    return Batch(
        world.make, caller=ANONYMOUS, concurrency=concurrency, wait=lambda _, s: waited.append(s)
    )


def run(batch: Batch, items: Sequence[BatchItem]) -> list[BatchOutcome]:
    """Run the batch to its end; return the outcomes by number."""
    return sorted(batch.run(items), key=lambda one: one.item.number)


def test_second_run_pays_nothing(world: World) -> None:
    """Equal prompts give two images; a second run returns those of the first."""
    items = batch_items("b", requests_for("A red fox", "A castle", "A red fox"), ANONYMOUS)
    first, second = (run(batch_of(world, concurrency=3), items) for _ in range(2))
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
def test_claims_are_independent_of_the_order(
    prompts: list[str], order: list[int], caller: Caller
) -> None:
    """A batch has the same claims in any order; another batch or caller has others."""
    moved = [prompts[place] for place in order if place < len(prompts)]
    claims = {item.claim for item in batch_items("b", requests_for(*prompts), caller)}
    assert len(claims) == len(prompts)
    assert {item.claim for item in batch_items("b", requests_for(*moved), caller)} == claims
    assert not claims & {
        item.claim for item in batch_items("other", requests_for(*prompts), caller)
    }
    another = replace(caller, id="bob")
    assert not claims & {item.claim for item in batch_items("b", requests_for(*prompts), another)}


def test_failed_item_does_not_stop_the_others(world: World) -> None:
    """One rejected prompt stops no other item, and is not tried again."""
    check = world.moderator.check

    def strict(prompt: str) -> None:
        check(prompt)
        if prompt == "bad":
            raise PromptRejected

    world.moderator.check = strict  # type: ignore[method-assign]  # reason: refuses one
    outcomes = run(batch_of(world), batch_items("b", requests_for("a", "bad", "c"), ANONYMOUS))
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
def test_temporary_errors_are_retried(
    world: World, error: AppError, tries: int, waits: list[float]
) -> None:
    """Retries wait for Retry-After; what may have been charged for is never retried."""
    world.generator.fail("draw", error)
    waited: list[float] = []
    (outcome,) = run(batch_of(world, waited), batch_items("b", requests_for("a"), ANONYMOUS))
    assert outcome.error
    assert outcome.error.code == error.code
    assert (len(world.generator.requests), waited) == (tries, waits)


def test_image_waiting_for_storage_is_paid_once(world: World) -> None:
    """The next attempt finishes the image."""
    world.store.fail("put originals", StorageUnavailable())
    batch = Batch(world.make, caller=ANONYMOUS, concurrency=1, wait=lambda *_: world.store.repair())
    (outcome,) = run(batch, batch_items("b", requests_for("a"), ANONYMOUS))
    assert outcome.record
    assert len(world.generator.requests) == 1


def test_item_of_a_killed_process_is_waited_for(world: World) -> None:
    """When its lease ends, the outcome is known; it isn't paid for again."""
    (item,) = batch_items("b", requests_for("a"), ANONYMOUS)
    world.generator.fail("draw", KeyboardInterrupt())  # type: ignore[arg-type]  # reason: the process ends
    with pytest.raises(KeyboardInterrupt):
        world.make(item.request, claim=item.claim)
    assert world.record.state is State.PENDING
    world.generator.repair()
    batch = Batch(
        world.make,
        caller=ANONYMOUS,
        concurrency=1,
        wait=lambda _, seconds: world.clock.advance(seconds),
    )
    (outcome,) = run(batch, [item])
    assert outcome.error
    assert outcome.error.code == "outcome_unknown"
    assert len(world.generator.requests) == 1


def test_exhausted_budget_stops_the_batch(world: World) -> None:
    """An error that all items would meet stops the batch, and the others are not begun."""
    world.ledger.fail("reserve", BudgetExceeded())
    batch = batch_of(world)
    outcomes = run(batch, batch_items("b", requests_for("a", "b", "c"), ANONYMOUS))
    assert [bool(one.error) for one in outcomes] == [True, False, False]
    assert isinstance(batch.stopped_by, BudgetExceeded)
    assert world.generator.requests == []


def test_stopping_completes_running_items(world: World) -> None:
    """After a stop no item begins, and the running one has its image."""
    began, go_on = threading.Event(), threading.Event()
    draw = world.generator.draw

    def slow(request: ImageRequest, **options: Any) -> object:
        began.set()
        assert go_on.wait(60)
        return draw(request, **options)

    world.generator.draw = slow  # type: ignore[method-assign,assignment]  # reason: takes its time
    batch = batch_of(world)
    ended: list[BatchOutcome] = []
    items = batch_items("b", requests_for("a", "b"), ANONYMOUS)
    thread = threading.Thread(target=lambda: ended.extend(batch.run(items)))
    thread.start()
    assert began.wait(60)
    batch.stop()
    go_on.set()
    thread.join()
    assert [bool(one.record) for one in sorted(ended, key=lambda one: one.item.number)] == [
        True,
        False,
    ]
    assert [one.error for one in ended] == [None, None]


def test_candidates_are_items_of_one_group(world: World) -> None:
    """Each has a key of its own; a resumed batch completes the group that it began."""
    requests = [a_request(n=3), a_request(prompt="A castle")]
    items = batch_items("b", requests, ANONYMOUS)
    assert [(one.number, one.request.candidate) for one in items] == [
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 0),
    ]
    assert len({one.claim for one in items}) == 4
    first = run(batch_of(world), with_groups(items, {})[:2])
    records = {one.claim: record for one in items if (record := world.records.find(one.claim))}
    second = run(batch_of(world), with_groups(items, records))
    assert [one.replayed for one in second] == [True, True, False, False]
    groups = [one.record.group for one in [*first, *second] if one.record]
    assert len(set(groups[:5])) == 1
    assert (groups[0] != "", groups[5]) == (True, "")
    assert len(world.generator.requests) == 4


def test_another_number_of_candidates_is_another_request() -> None:
    """Its items have other keys, so that a group never has members of two requests."""
    two, three = (batch_items("b", [a_request(n=n)], ANONYMOUS) for n in (2, 3))
    assert {one.claim for one in two}.isdisjoint({one.claim for one in three})
