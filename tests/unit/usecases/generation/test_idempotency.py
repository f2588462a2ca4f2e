"""Repeated requests with an Idempotency-Key never pay twice."""

from dataclasses import replace
from typing import Any

import pytest

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    IdempotencyKeyReused,
    ImageDeleted,
    OutcomeUnknown,
    PromptRejected,
    ProviderBadResponse,
    ProviderError,
    ProviderMisconfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.models import State
from app.usecases.generation.idempotency import claim_of
from tests.support.builders import LEASE, World, a_record, a_request
from tests.support.http.idempotent_requests import (
    CLAIM,
    error_of_repeated_request,
    finish_first_request,
)

UNPAYABLE = [
    (State.PENDING, Charged.NO, "", GenerationInProgress, Charged.UNKNOWN, False),
    (State.PENDING, Charged.UNKNOWN, "", GenerationInProgress, Charged.UNKNOWN, False),
    (State.FAILED, Charged.YES, "provider_bad_response", ProviderBadResponse, Charged.YES, True),
    (State.FAILED, Charged.YES, "storage_unavailable", StorageUnavailable, Charged.YES, True),
    (State.UNKNOWN, Charged.UNKNOWN, "provider_timeout", OutcomeUnknown, Charged.UNKNOWN, False),
    (State.UNKNOWN, Charged.UNKNOWN, "provider_error", OutcomeUnknown, Charged.UNKNOWN, False),
    (State.DELETED, Charged.YES, "", ImageDeleted, Charged.NO, False),
]


@pytest.mark.parametrize(("state", "charged", "code", "kind", "reported", "replayed"), UNPAYABLE)
def test_possibly_paid_outcome_is_repeated_from_the_record(
    world: World,
    state: State,
    charged: Charged,
    code: str,
    kind: type[AppError],
    reported: Charged,
    replayed: bool,
) -> None:
    """The error follows from the record alone, which stays unchanged."""
    finish_first_request(world, state, charged, code)
    before = world.record
    error = error_of_repeated_request(world)
    assert type(error) is kind
    assert (error.charged, error.replayed) == (reported, replayed)
    assert world.events == ["records find"]
    assert world.record == before


def test_lost_image_has_no_retry_after(world: World) -> None:
    """If store and spool failed, a retry says so, without Retry-After."""
    for place in (world.store, world.spool):
        place.fail("put originals", StorageUnavailable())
    first = error_of_repeated_request(world)
    second = error_of_repeated_request(world)
    assert (first.code, second.code) == ("storage_unavailable", "storage_unavailable")
    assert (second.charged, second.replayed, second.retry_after) == (Charged.YES, True, None)
    assert "could not be stored" in second.message
    assert len(world.generator.requests) == 1


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    "change", [{"prompt": "A blue fox"}, {"first_prompt": "A red fox"}, {"size": "1536x1024"}]
)
def test_key_belongs_to_one_request(
    world: World, state: State, late: bool, change: dict[str, Any]
) -> None:
    """A different request with the same key is rejected in every state, without side effects."""
    finish_first_request(world, state, Charged.NO, "")
    world.clock.advance(LEASE.total_seconds() + 1 if late else 0)
    before = world.record
    error = error_of_repeated_request(world, **change)
    assert (type(error), error.charged) == (IdempotencyKeyReused, Charged.NO)
    assert (world.events, world.record) == (["records find"], before)


def test_ready_image_is_replayed(world: World) -> None:
    """The same record is returned, marked as replayed; only the records are read."""
    first = world.make(a_request(), claim=CLAIM)
    world.events.clear()
    world.clock.advance(3600)
    second = world.make(a_request(), claim=CLAIM)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.record == first.record == world.record
    assert world.events == ["records find"]


@pytest.mark.parametrize(
    ("port", "step", "error"),
    [
        ("generator", "draw", PromptRejected()),
        ("generator", "draw", ProviderRateLimited()),
        ("generator", "draw", ProviderQuota()),
        ("generator", "draw", ProviderUnreachable()),
        ("generator", "draw", ProviderMisconfigured()),
        ("writer", "enhance", ProviderTimeout()),
    ],
)
def test_unpaid_failure_is_retried_in_the_same_record(
    world: World, port: str, step: str, error: AppError
) -> None:
    """A retry generates the image under the id of the failed record."""
    getattr(world, port).fail(step, error)
    assert error_of_repeated_request(world, enhance=True).charged is Charged.NO
    failed = world.record
    getattr(world, port).repair()
    world.clock.advance(60)
    made = world.make(a_request(enhance=True), claim=CLAIM)
    assert (made.replayed, made.record.id) == (False, failed.id)
    assert (world.record.state, world.record.error, world.record.claim) == (State.READY, "", CLAIM)
    assert world.record.lease_until == world.clock.now() + LEASE
    assert "fox" in world.record.tokens


@pytest.mark.parametrize(
    ("port", "step", "error"),
    [
        ("moderator", "check", PromptRejected()),
        ("store", "ping", StorageUnavailable()),
        ("spool", "room", StorageUnavailable()),
        ("records", "find", RecordsUnavailable()),
    ],
)
def test_failure_without_record_leaves_the_key_free(
    world: World, port: str, step: str, error: AppError
) -> None:
    """A failure before the record is written leaves the key free, for any request."""
    getattr(world, port).fail(step, error)
    assert error_of_repeated_request(world).charged is Charged.NO
    assert world.records.by_id == {}
    getattr(world, port).repair()
    world.clock.advance(60)
    assert not world.make(a_request(prompt="Something else"), claim=CLAIM).replayed


@pytest.mark.parametrize(
    "error", [ProviderTimeout(charged=Charged.UNKNOWN), ProviderError(), ProviderBadResponse("")]
)
def test_unknown_outcome_is_never_paid_again(world: World, error: AppError) -> None:
    """Retries never call the model again; a new key does."""
    world.generator.fail("draw", error)
    assert type(error_of_repeated_request(world)) is type(error)
    world.generator.repair()
    for _ in range(3):
        world.clock.advance(LEASE.total_seconds())
        assert type(error_of_repeated_request(world)) is OutcomeUnknown
    assert len(world.generator.requests) == 1
    assert world.make(a_request(), claim=claim_of("", "a new key")).record.state == "ready"
    assert len(world.generator.requests) == 2


def test_loser_of_a_race_for_a_new_key_pays_nothing(world: World) -> None:
    """If another request inserts its record first, this one gets 409 and calls no model."""
    other = a_record(claim=CLAIM, state=State.PENDING)
    check = world.moderator.check
    world.moderator.check = lambda prompt: (check(prompt), world.records.insert(other))[0]  # type: ignore[method-assign]  # reason: this one call is scripted
    assert type(error_of_repeated_request(world)) is GenerationInProgress
    assert (world.generator.requests, world.record) == ([], other)


def test_loser_of_a_race_for_a_failed_record_pays_nothing(world: World) -> None:
    """If another request replaces the failed record first, this one gets 409."""
    finish_first_request(world, State.FAILED, Charged.NO, "provider_rate_limited")
    taken = replace(world.record, state=State.PENDING)
    check = world.moderator.check

    def take(prompt: str) -> None:
        check(prompt)
        world.records.by_id[taken.id] = taken

    world.moderator.check = take  # type: ignore[method-assign]  # reason: this one call is scripted
    assert type(error_of_repeated_request(world)) is GenerationInProgress
    assert (world.generator.requests, world.record) == ([], taken)


def test_keys_of_different_callers_are_separate(world: World) -> None:
    """Different callers, different keys and requests without a key get images of their own."""
    claims = [CLAIM, claim_of("someone", "a key"), claim_of("", "a Key"), "", ""]
    ids = {world.make(a_request(), claim=claim).record.id for claim in claims}
    assert len(ids) == len(world.generator.requests) == 5


def test_claim_reveals_neither_caller_nor_key() -> None:
    """A claim is a SHA-256 in hex of both."""
    claims = {claim_of(caller, key) for caller in ("", "a", "ab") for key in ("b", "bb", "c")}
    assert len(claims) == 9
    assert {len(claim) for claim in claims} == {64}
