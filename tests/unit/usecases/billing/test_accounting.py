"""The ledger counts what the records say, after every success, failure and crash."""

from dataclasses import replace

import pytest

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    ImagePendingUpload,
    PromptRejected,
    ProviderError,
    ProviderTimeout,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.models import (
    Caller,
    GeneratedImage,
    ImageRecord,
    ImageRequest,
    Scope,
    Spending,
    State,
    TokenUsage,
)
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.billing.budgets import SERVER
from app.usecases.billing.reservations import SettleReservations
from tests.support.builders import World, a_request

TODAY = "2026-11-22"
IMAGE_COST = 100 * 5 + 1000 * 30  # micros, for the usage that the fake reports
TEXT_COST = 50 * 1 + 20 * 2
ALICE = Caller(id="alice", name="Alice", scopes=frozenset(Scope))


def spent(world: World, account: str = SERVER) -> Spending:
    """Return what the ledger counts for today."""
    return world.ledger.spent(account, TODAY)


def check_ledger(world: World) -> None:
    """Check that the ledger counts exactly what the only record says."""
    assert spent(world).micros == world.record.booked_micros


def test_actual_cost_replaces_the_estimate(world: World) -> None:
    """The record and the accounts of caller and server count the cost of both calls."""
    record = world.make(a_request(enhance=True), caller=ALICE).record
    assert record.cost_micros == world.record.booked_micros == IMAGE_COST + TEXT_COST
    assert spent(world, "alice") == spent(world)
    assert spent(world) == Spending(micros=IMAGE_COST + TEXT_COST, images=1)


def test_estimate_is_reserved_during_the_call(world: World) -> None:
    """Before the paid call begins, at least its cost is counted."""
    reserved: list[int] = []
    draw = world.generator.draw

    def watched(request: ImageRequest, **_: object) -> GeneratedImage:
        reserved.append(spent(world).micros)
        return draw(request)

    world.generator.draw = watched  # type: ignore[method-assign]  # reason: reads the ledger during the call
    world.generate(a_request())
    assert reserved[0] > IMAGE_COST
    check_ledger(world)


@pytest.mark.parametrize("cost_is_reported", [True, False])
def test_unknown_cost_keeps_the_estimate(world: World, cost_is_reported: bool) -> None:
    """Without a reported usage the estimate stays counted, and the cost is None, not 0."""
    if not cost_is_reported:
        world.generator.usage = None
    record = world.generate(a_request())
    assert (record.cost_micros is not None) is cost_is_reported
    assert (spent(world).micros > IMAGE_COST) is not cost_is_reported
    assert spent(world).images_of_unknown_cost == (0 if cost_is_reported else 1)
    check_ledger(world)


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (PromptRejected(), False),
        (ProviderError(charged=Charged.UNKNOWN), True),
        (ProviderTimeout(charged=Charged.UNKNOWN), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_failure_counts_if_it_may_have_been_charged(
    world: World, error: AppError, counted: bool
) -> None:
    """The reservation is released only if nothing was charged."""
    world.generator.fail("draw", error)
    with pytest.raises(type(error)):
        world.generate(a_request())
    assert (spent(world).micros > 0) is counted
    check_ledger(world)


def test_enhancing_counts_if_the_image_is_refused(world: World) -> None:
    """The text call was charged, even if the image model then rejects the prompt."""
    world.generator.fail("draw", PromptRejected())
    with pytest.raises(PromptRejected):
        world.generate(a_request(enhance=True))
    assert spent(world).micros == TEXT_COST
    check_ledger(world)


def test_lost_race_for_a_claim_releases_the_reservation(world: World) -> None:
    """If another request with the same claim is first, nothing stays counted."""
    world.records.insert = lambda _: False  # type: ignore[method-assign,assignment]  # reason: another request was first
    with pytest.raises(GenerationInProgress):
        world.generate(a_request(), claim="c")
    assert spent(world) == Spending()


def test_failed_insert_releases_the_reservation(world: World) -> None:
    """If the records confirm that nothing was inserted, nothing stays counted."""
    world.records.fail("insert", RecordsUnavailable())
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    assert (world.records.by_id, spent(world)) == ({}, Spending())


def test_insert_with_unknown_outcome_keeps_the_reservation(world: World) -> None:
    """If the insert fails and the records can't be read, the record may exist."""
    insert = world.records.insert

    def insert_then_fail(record: ImageRecord) -> bool:
        insert(record)
        world.records.fail("get", RecordsUnavailable())
        raise RecordsUnavailable

    world.records.insert = insert_then_fail  # type: ignore[method-assign]  # reason: the response is lost
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    assert spent(world).micros == world.record.booked_micros > 0


def test_insert_with_lost_response_keeps_the_reservation(world: World) -> None:
    """If the record was inserted after all, the reservation is released with its outcome."""
    insert = world.records.insert

    def insert_then_fail(record: ImageRecord) -> bool:
        insert(record)
        raise RecordsUnavailable

    world.records.insert = insert_then_fail  # type: ignore[method-assign]  # reason: the response is lost
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    check_ledger(world)
    world.clock.advance(1000)
    world.recover(world.record)
    assert spent(world) == Spending()


@pytest.mark.parametrize("image_out", [900, 2000])
def test_crash_before_booking_never_counts_too_little(world: World, image_out: int) -> None:
    """If the process ends before the booking, the ledger counts at least the cost."""
    world.generator.usage = TokenUsage(text_in=100, image_out=image_out)
    compare_and_swap = world.records.compare_and_swap

    def swap_then_crash(old: ImageRecord, new: ImageRecord) -> bool:
        swapped = compare_and_swap(old, new)
        if new.cost_micros is not None:
            raise KeyboardInterrupt
        return swapped

    world.records.compare_and_swap = swap_then_crash  # type: ignore[method-assign]  # reason: the process ends
    with pytest.raises(KeyboardInterrupt):
        world.generate(a_request())
    assert spent(world).micros >= (world.record.cost_micros or 0) > 0


def test_failed_swap_books_nothing(world: World) -> None:
    """An increase that was booked before the swap is taken back if the swap fails."""
    world.generator.usage = TokenUsage(text_in=100, image_out=5000)
    world.generate(a_request())
    before = spent(world)
    changed = replace(world.record, booked_micros=10**6)
    records = AccountedRecords(world.records, world.ledger)
    assert not records.compare_and_swap(replace(world.record, state=State.PENDING), changed)
    assert spent(world) == before


def test_late_image_replaces_the_unknown_outcome(world: World) -> None:
    """If a late worker delivers the image, its cost replaces the estimate."""
    draw = world.generator.draw

    def late(request: ImageRequest, **_: object) -> GeneratedImage:
        world.clock.advance(1000)
        world.recover(world.record)
        check_ledger(world)
        return draw(request)

    world.generator.draw = late  # type: ignore[method-assign]  # reason: responds after the lease has expired
    world.generate(a_request())
    assert spent(world) == Spending(micros=IMAGE_COST, images=1)
    check_ledger(world)


def test_failure_of_the_ledger_afterwards_keeps_the_estimate(world: World) -> None:
    """The image is returned with its cost, and the estimate stays counted."""
    world.ledger.fail("record_spending", RecordsUnavailable())
    assert world.generate(a_request()).cost_micros == IMAGE_COST
    assert spent(world).micros > IMAGE_COST


def test_an_image_that_waited_for_storage_is_settled_at_its_end(world: World) -> None:
    """Whatever failed to be counted meanwhile is not lost, and nothing counts twice."""
    world.store.fail("put originals", StorageUnavailable())
    world.ledger.fail("record_spending", RecordsUnavailable())
    with pytest.raises(ImagePendingUpload):
        world.generate(a_request())
    world.store.repair()
    world.ledger.repair()
    world.clock.advance(1)
    world.recover(world.record)
    world.clock.advance(3600)
    settle = SettleReservations(AccountedRecords(world.records, world.ledger), world.clock)
    for opened in list(settle.interrupted()):
        settle.settle(opened)
    assert world.record.state is State.READY
    assert spent(world) == Spending(micros=IMAGE_COST, images=1)
