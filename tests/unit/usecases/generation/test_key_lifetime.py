"""How long an Idempotency-Key is remembered, also after a crash or an outage."""

import pytest

from app.errors import (
    Charged,
    GenerationInProgress,
    ImagePendingUpload,
    OutcomeUnknown,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.models import State
from tests.support.builders import LEASE, RETENTION, World, a_request
from tests.support.http.idempotent_requests import (
    CLAIM,
    error_of_repeated_request,
    finish_first_request,
)

DAYS = RETENTION.total_seconds()


@pytest.mark.parametrize("state", [State.READY, State.FAILED, State.UNKNOWN, State.DELETED])
@pytest.mark.parametrize(("seconds", "remembered"), [(DAYS, True), (DAYS + 0.001, False)])
def test_keys_are_remembered_for_the_retention_time(
    world: World, state: State, seconds: float, remembered: bool
) -> None:
    """After its last millisecond the key is a new one, and the old record has lost its claim."""
    finish_first_request(world, state, Charged.YES, "provider_bad_response")
    old = world.record.id
    world.clock.advance(seconds)
    if remembered:
        world.generator.fail("draw", ZeroDivisionError())
        if state is State.READY:
            assert world.make(a_request(), claim=CLAIM).replayed
        else:
            error_of_repeated_request(world)
        assert world.generator.requests == []
    else:
        made = world.make(a_request(prompt="Another"), claim=CLAIM)
        assert (made.replayed, made.record.id == old) == (False, False)
        assert world.records.by_id[old].claim == ""


def test_pending_record_keeps_its_key(world: World) -> None:
    """The key of a pending record is not forgotten: its image may have been paid for."""
    world.store.fail("put originals", StorageUnavailable())
    assert type(error_of_repeated_request(world)) is ImagePendingUpload
    world.clock.advance(2 * DAYS)
    assert type(error_of_repeated_request(world)) is ImagePendingUpload
    world.store.repair()
    assert world.make(a_request(), claim=CLAIM).replayed
    assert len(world.generator.requests) == 1


def test_waiting_image_is_returned_once_storage_is_back(world: World) -> None:
    """After an outage of the store, a retry returns the paid image at no cost."""
    world.store.fail("put originals", StorageUnavailable())
    assert error_of_repeated_request(world).charged is Charged.YES
    assert error_of_repeated_request(world).charged is Charged.YES
    assert world.spool.objects
    world.store.repair()
    made = world.make(a_request(), claim=CLAIM)
    assert made.replayed
    assert (len(world.generator.requests), world.spool.objects) == (1, {})
    image = world.store.objects[f"images/{made.record.id}.png"]
    assert image.data == b"cutout of " + world.generator.data


def test_crash_during_the_paid_call_is_unknown(world: World) -> None:
    """The key is busy until the lease ends; then its outcome is unknown, and not paid again."""
    world.generator.fail("draw", KeyboardInterrupt())  # type: ignore[arg-type]  # reason: as sudden as a kill
    with pytest.raises(KeyboardInterrupt):
        world.make(a_request(), claim=CLAIM)
    world.generator.repair()
    assert type(error_of_repeated_request(world)) is GenerationInProgress
    world.clock.advance(LEASE.total_seconds())
    assert type(error_of_repeated_request(world)) is OutcomeUnknown
    assert len(world.generator.requests) == 1


def test_crash_before_the_paid_call_is_retried(world: World) -> None:
    """After a crash before the paid call, a retry generates the image under the same id."""
    world.writer.fail("enhance", KeyboardInterrupt())  # type: ignore[arg-type]  # reason: as sudden as a kill
    with pytest.raises(KeyboardInterrupt):
        world.make(a_request(enhance=True), claim=CLAIM)
    left = world.record
    world.writer.repair()
    world.clock.advance(LEASE.total_seconds())
    made = world.make(a_request(enhance=True), claim=CLAIM)
    assert (made.replayed, made.record.id) == (False, left.id)
    assert len(world.generator.requests) == 1


@pytest.mark.parametrize("charged", Charged)
def test_failed_recovery_reports_the_known_charge(world: World, charged: Charged) -> None:
    """If the records fail during recovery, the error has the charge of the record."""
    finish_first_request(world, State.PENDING, charged, "")
    world.clock.advance(LEASE.total_seconds())
    world.records.fail("compare_and_swap", RecordsUnavailable())
    error = error_of_repeated_request(world)
    assert (type(error), error.charged) == (RecordsUnavailable, charged)
