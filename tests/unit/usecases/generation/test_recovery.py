"""Recovery of interrupted generations, in every combination; it never pays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    ImagePendingUpload,
    ProviderBadResponse,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.models import ImageRecord, State
from tests.support.builders import World
from tests.support.reconcile.abandoned_records import (
    DATA,
    DRAWN,
    ID,
    MODEL,
    NOTE,
    Left,
    all_left,
    contents,
    leave,
    paid,
    recover,
)

every = pytest.mark.parametrize("left", list(all_left()), ids=str)


@every
def test_interrupted_generation_is_finished(world: World, left: Left) -> None:
    """Images become ready, other bytes are evidence, and a missing original is an outcome."""
    record = leave(world, left)
    result = recover(world, record)
    if left.where == "nowhere":
        check_not_found(world, left, result)
    elif left.ending == "bin":
        assert type(result) is ProviderBadResponse
        assert result.charged is world.record.charged is paid(left)
        assert (world.record.state, world.record.error) == (State.FAILED, "provider_bad_response")
        assert contents(world) == ({f"originals/{ID}.bin": DATA}, {})
    else:
        assert result == world.record
        assert (world.record.state, world.record.charged, world.record.error) == (
            "ready",
            paid(left),
            "",
        )
        assert world.record.created_at == (DRAWN if left.note else world.clock.now())
        assert (world.record.model == MODEL) is left.note
        key = f"originals/{ID}.{left.ending}"
        assert contents(world) == ({key: DATA, f"images/{ID}.png": b"cutout of " + DATA}, {})
        assert world.record.original is not None
        assert (world.record.original.key, world.record.original.size_bytes) == (key, len(DATA))
    assert (NOTE in world.store.objects) is (left.where != "nowhere")
    assert NOTE not in world.spool.objects
    assert world.generator.requests == []


def check_not_found(world: World, left: Left, result: ImageRecord | AppError) -> None:
    """Check the outcome of a record whose original is neither on this server nor in the store."""
    assert contents(world) == ({}, {})
    assert world.record.charged is left.charged
    if left.charged is Charged.YES:
        assert type(result) is ImagePendingUpload
        assert result.charged is Charged.YES
        assert result.retry_after
        assert (world.record.state, world.record.lease_until) == (State.PENDING, world.clock.now())
    else:
        assert result == world.record
        unknown = (State.UNKNOWN, "outcome_unknown")
        expected = unknown if left.charged is Charged.UNKNOWN else (State.FAILED, "abandoned")
        assert (world.record.state, world.record.error) == expected


@every
def test_store_outage_decides_nothing(world: World, left: Left) -> None:
    """The record stays pending and free for any server; store and spool are unchanged."""
    record = leave(world, left)
    before = contents(world)
    for step in ("get originals", "put originals", "put images"):
        world.store.fail(step, StorageUnavailable("down"))
    result = recover(world, record)
    assert type(result) is ImagePendingUpload
    seen = left.where in {"spool", "both"}
    assert result.charged is world.record.charged is (paid(left) if seen else left.charged)
    assert (world.record.state, world.record.lease_until) == (State.PENDING, world.clock.now())
    assert contents(world) == before
    assert world.generator.requests == []


@every
def test_loser_of_the_takeover_changes_nothing(world: World, left: Left) -> None:
    """If another server takes over first, nothing is read, stored or changed."""
    seen = leave(world, left)
    taken = replace(seen, lease_until=seen.lease_until + timedelta(seconds=60))
    world.records.compare_and_swap(seen, taken)
    before = contents(world)
    assert type(recover(world, seen)) is GenerationInProgress
    assert world.record == taken
    assert contents(world) == before
    assert world.generator.requests == []


@every
@pytest.mark.parametrize("good", [0, 1])
def test_records_outage_can_be_retried(world: World, left: Left, good: int) -> None:
    """After a failure at the first write or at the last, a second recovery succeeds."""
    record = leave(world, left)
    world.records.fail("compare_and_swap", RecordsUnavailable("down"), after=good)
    recover(world, record)
    assert world.record.state is State.PENDING
    world.records.repair()
    world.clock.advance(60)
    second = recover(world, world.record)
    if left.where == "nowhere":
        check_not_found(world, left, second)
    else:
        wanted = State.FAILED if left.ending == "bin" else State.READY
        assert (world.record.state, world.record.charged) == (wanted, paid(left))
    assert contents(world)[1] == {}
    assert world.generator.requests == []
