"""How long a key is remembered, and what it answers after a crash or an outage."""

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
from tests.support.http.idempotent_retry import CLAIM, again, ended

DAYS = RETENTION.total_seconds()


@pytest.mark.parametrize("state", [State.READY, State.FAILED, State.UNKNOWN, State.DELETED])
@pytest.mark.parametrize(("seconds", "remembered"), [(DAYS, True), (DAYS + 0.001, False)])
def test_keys_are_remembered_for_so_long_and_no_longer(
    world: World, state: State, seconds: float, remembered: bool
) -> None:
    """Up to the last millisecond the key answers; then it is a new one, and the row lives on."""
    ended(world, state, Charged.YES, "provider_bad_response")
    old = world.record.id
    world.clock.advance(seconds)
    if remembered:
        world.generator.fail("draw", ZeroDivisionError())
        if state is State.READY:
            assert world.make(a_request(), claim=CLAIM).replayed
        else:
            again(world)
        assert world.generator.requests == []
    else:
        made = world.make(a_request(prompt="Another"), claim=CLAIM)
        assert (made.replayed, made.record.id == old) == (False, False)
        assert world.records.by_id[old].claim == ""


def test_a_row_that_is_worked_on_keeps_its_key_however_old(world: World) -> None:
    """A pending row's key is not forgotten: its image may have been paid for."""
    world.store.fail("put originals", StorageUnavailable())
    assert type(again(world)) is ImagePendingUpload
    world.clock.advance(2 * DAYS)
    assert type(again(world)) is ImagePendingUpload
    world.store.repair()
    assert world.make(a_request(), claim=CLAIM).replayed
    assert len(world.generator.requests) == 1


def test_what_waited_is_answered_once_storage_is_back(world: World) -> None:
    """Storage down after paying, then back: the same key gets the image, and pays nothing."""
    world.store.fail("put originals", StorageUnavailable())
    assert again(world).charged is Charged.YES
    assert again(world).charged is Charged.YES
    assert world.spool.objects
    world.store.repair()
    made = world.make(a_request(), claim=CLAIM)
    assert made.replayed
    assert (len(world.generator.requests), world.spool.objects) == (1, {})
    image = world.store.objects[f"images/{made.record.id}.png"]
    assert image.data == b"cutout of " + world.generator.data


def test_a_crash_in_the_middle_of_paying_is_unknown(world: World) -> None:
    """While the lease lives the key is busy; afterwards its outcome is unknown, and not paid."""
    world.generator.fail("draw", KeyboardInterrupt())  # type: ignore[arg-type]  # reason: as sudden as a kill
    with pytest.raises(KeyboardInterrupt):
        world.make(a_request(), claim=CLAIM)
    world.generator.repair()
    assert type(again(world)) is GenerationInProgress
    world.clock.advance(LEASE.total_seconds())
    assert type(again(world)) is OutcomeUnknown
    assert len(world.generator.requests) == 1


def test_a_crash_before_paying_is_drawn_again(world: World) -> None:
    """A worker that died before the paid call leaves a key that draws, in the same row."""
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
def test_trouble_while_recovering_reports_what_is_known_about_the_payment(
    world: World, charged: Charged
) -> None:
    """With the records failing over an abandoned row, nobody hears that nothing was paid."""
    ended(world, State.PENDING, charged, "")
    world.clock.advance(LEASE.total_seconds())
    world.records.fail("compare_and_swap", RecordsUnavailable())
    answer = again(world)
    assert (type(answer), answer.charged) == (RecordsUnavailable, charged)
