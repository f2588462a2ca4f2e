"""Several candidates of one request: each is paid, stored, failed and recovered by itself."""

from dataclasses import replace

import pytest

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    IdempotencyKeyReused,
    PromptRejected,
    ProviderRateLimited,
    ProviderTimeout,
)
from app.http.concurrency import ConcurrencyLimit
from app.models import ImageRecord, Spending, State
from app.usecases.billing.budgets import SERVER
from app.usecases.generation.idempotency import claim_of
from app.usecases.groups.candidates import NO_GROUP_LISTENER, GroupListener, GroupResult
from app.usecases.groups.generate_group import GenerateGroup
from tests.support.builders import LEASE, World, a_request

CLAIM = claim_of("", "a key")
TODAY = "2026-11-22"
COST = 100 * 5 + 1000 * 30  # micros, for the usage that the fake reports


def draw(
    world: World,
    n: int = 3,
    *,
    claim: str = CLAIM,
    limit: ConcurrencyLimit | None = None,
    listener: GroupListener = NO_GROUP_LISTENER,
) -> GroupResult:
    """Request candidates, by default in one thread, which draws them in order."""
    limit = limit or ConcurrencyLimit(1)
    with limit:
        return GenerateGroup(single=world.make)(
            a_request(n=n), workers=limit.workers, claim=claim, listener=listener
        )


def outcomes(result: GroupResult) -> list[str]:
    """Return the state or the error's code of each candidate, with its charge."""
    return [
        f"{one.record.state} {one.record.charged}"
        if one.record
        else f"{one.error.code} {one.error.charged}"
        if one.error
        else ""
        for one in result.candidates
    ]


def stored(world: World) -> list[ImageRecord]:
    """Return the records in the order of their insertion."""
    return list(world.records.by_id.values())


def spent(world: World) -> Spending:
    """Return what the ledger counts for the server today."""
    return world.ledger.spent(SERVER, TODAY)


def test_each_candidate_has_a_record_and_a_payment_of_its_own(world: World) -> None:
    """They share the group; the first one's claim is that of the key, and all claims differ."""
    result = draw(world)
    assert outcomes(result) == ["ready yes"] * 3
    records = stored(world)
    assert {record.group for record in records} == {result.group}
    assert records[0].claim == CLAIM
    assert len({record.claim for record in records}) == len({one.id for one in records}) == 3
    assert [request.candidate for request in world.generator.requests] == [0, 1, 2]
    assert spent(world) == Spending(micros=3 * COST, images=3)


def test_the_prompt_is_checked_and_the_budget_decides_once(world: World) -> None:
    """All records are written before the first candidate is drawn."""
    draw(world)
    assert world.moderator.checked == ["A red fox"]
    assert world.events.count("ledger reserve") == 1
    before = world.events[: world.events.index("generator draw")]
    assert before.count("records insert") == 3


def test_without_a_key_nothing_is_repeated(world: World) -> None:
    """Two equal requests are two groups."""
    first, second = draw(world, claim=""), draw(world, claim="")
    assert first.group != second.group
    assert len(world.generator.requests) == 6


def test_a_repetition_returns_the_same_candidates(world: World) -> None:
    """It is marked as replayed, and nothing is checked, drawn or counted."""
    first = draw(world)
    world.events.clear()
    again = draw(world)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.group == first.group
    assert [one.record for one in again.candidates] == [one.record for one in first.candidates]
    assert set(world.events) == {"records find"}


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (2, 3), (4, 2)])
def test_a_key_is_bound_to_the_number_of_images(world: World, first: int, second: int) -> None:
    """The same key with another number is another request, whichever was first."""

    def request(n: int) -> None:
        if n == 1:
            world.make(a_request(), claim=CLAIM)
        else:
            draw(world, n)

    request(first)
    with pytest.raises(IdempotencyKeyReused):
        request(second)
    assert len(world.generator.requests) == first


def test_a_request_for_one_image_is_what_it_was(world: World) -> None:
    """Its fingerprint has no number of images, and its record no group."""
    one, two = a_request(), a_request(n=2)
    assert "n" not in one.identity
    assert one.fingerprint != two.fingerprint
    assert world.generate(one).group == ""


def test_some_candidates_may_fail(world: World) -> None:
    """The others are returned; a repetition draws only those again that were not charged."""
    world.generator.fail("draw", ProviderRateLimited(), after=1)
    first = draw(world)
    assert outcomes(first) == ["ready yes", "provider_rate_limited no", "provider_rate_limited no"]
    assert spent(world) == Spending(micros=COST, images=1)
    world.generator.repair()
    again = draw(world)
    assert outcomes(again) == ["ready yes"] * 3
    assert (again.group, again.replayed) == (first.group, False)
    assert again.candidates[0].record == first.candidates[0].record
    assert [request.candidate for request in world.generator.requests] == [0, 1, 2, 1, 2]
    assert {record.group for record in stored(world)} == {first.group}
    assert spent(world) == Spending(micros=3 * COST, images=3)


def test_a_candidate_of_unknown_outcome_is_never_drawn_again(world: World) -> None:
    """It may have been charged, so it stays a failure."""
    world.generator.fail("draw", ProviderTimeout(), after=2)
    assert outcomes(draw(world)) == ["ready yes", "ready yes", "provider_timeout unknown"]
    world.generator.repair()
    assert outcomes(draw(world)) == ["ready yes", "ready yes", "outcome_unknown unknown"]
    assert len(world.generator.requests) == 3


def test_without_any_image_the_first_error_is_raised(world: World) -> None:
    """It has the charge of the first candidate, and lists those of all."""
    world.generator.fail("draw", ProviderTimeout())
    with pytest.raises(ProviderTimeout) as raised:
        draw(world, 2)
    assert (raised.value.charged, raised.value.replayed) == (Charged.UNKNOWN, False)
    assert raised.value.facts == {
        "failures": [
            {
                "index": index,
                "code": "provider_timeout",
                "message": ProviderTimeout.message,
                "charged": "unknown",
            }
            for index in range(2)
        ]
    }


def test_a_rejected_prompt_leaves_nothing(world: World) -> None:
    """It is one error, without candidates."""
    world.moderator.fail("check", PromptRejected())
    with pytest.raises(PromptRejected) as raised:
        draw(world)
    assert (raised.value.charged, raised.value.facts) == (Charged.NO, {})
    assert (world.records.by_id, spent(world)) == ({}, Spending())


def test_a_running_candidate_refuses_the_repetition(world: World) -> None:
    """Nothing is drawn beside a server that may be drawing the rest."""
    world.generator.fail("draw", ProviderRateLimited(), after=1)
    draw(world)
    record = stored(world)[2]
    world.records.by_id[record.id] = replace(
        record, state=State.PENDING, lease_until=world.clock.now() + LEASE
    )
    with pytest.raises(GenerationInProgress):
        draw(world)
    assert len(world.generator.requests) == 3


@pytest.mark.parametrize(("free", "leases"), [(1, [1, 2, 3, 4]), (2, [1, 1, 2, 2]), (9, [1] * 4)])
def test_a_candidate_that_waits_has_a_longer_lease(
    world: World, free: int, leases: list[int]
) -> None:
    """No other server takes it over before its turn."""
    began = world.clock.now()
    draw(world, 4, limit=ConcurrencyLimit(free))
    inserted = [one for one in world.records.history if one.charged is Charged.NO][:4]
    assert [(one.lease_until - began) / LEASE for one in inserted] == leases


def test_a_failing_listener_fails_no_candidate(world: World) -> None:
    """Its errors are only logged."""

    def fail(_: object) -> None:
        raise ValueError

    assert outcomes(draw(world, 2, listener=GroupListener(on_outcome=fail))) == ["ready yes"] * 2


def test_an_unexpected_error_is_the_failure_of_its_candidate(world: World) -> None:
    """The others are drawn all the same."""
    world.generator.fail("draw", ZeroDivisionError(), after=1)
    assert outcomes(draw(world, 2)) == ["ready yes", "internal_error unknown"]


def test_a_deleted_candidate_stays_deleted(world: World) -> None:
    """A repetition reports it, and returns the others."""
    first = draw(world, 2)
    record = stored(world)[1]
    world.records.by_id[record.id] = record.deleted(world.clock.now())
    again = draw(world, 2)
    assert outcomes(again) == ["ready yes", "image_deleted no"]
    assert again.group == first.group
    assert isinstance(again.candidates[1].error, AppError)
