"""Recovery of interrupted generations, in every combination; it never pays."""

from dataclasses import replace
from datetime import timedelta

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
    AbandonedState,
    all_abandoned_states,
    contents,
    paid,
    recover,
    set_up_abandoned,
)
from tests.support.tables import each_row

every = each_row("abandoned", all_abandoned_states())


@every
def test_interrupted_generation_is_finished(abandoned: AbandonedState) -> None:
    """Images become ready, other bytes are evidence, and a missing original is an outcome."""
    world = World()
    record = set_up_abandoned(world, abandoned)
    result = recover(world, record)
    if abandoned.where == "nowhere":
        check_not_found(world, abandoned, result)
    elif abandoned.extension == "bin":
        assert type(result) is ProviderBadResponse
        assert result.charged is world.record.charged is paid(abandoned)
        assert (world.record.state, world.record.error) == (State.FAILED, "provider_bad_response")
        assert contents(world) == ({f"originals/{ID}.bin": DATA}, {})
    else:
        assert result == world.record
        assert (world.record.state, world.record.charged, world.record.error) == (
            "ready",
            paid(abandoned),
            "",
        )
        assert world.record.created_at == (DRAWN if abandoned.note else world.clock.now())
        assert (world.record.model == MODEL) is abandoned.note
        key = f"originals/{ID}.{abandoned.extension}"
        assert contents(world) == ({key: DATA, f"images/{ID}.png": b"cutout of " + DATA}, {})
        assert world.record.original is not None
        assert (world.record.original.key, world.record.original.size_bytes) == (key, len(DATA))
    assert (NOTE in world.store.objects) is (abandoned.where != "nowhere")
    assert NOTE not in world.spool.objects
    assert world.generator.requests == []


def check_not_found(
    world: World, abandoned: AbandonedState, result: ImageRecord | AppError
) -> None:
    """Check the outcome of a record whose original is neither on this server nor in the store."""
    assert contents(world) == ({}, {})
    assert world.record.charged is abandoned.charged
    if abandoned.charged is Charged.YES:
        assert type(result) is ImagePendingUpload
        assert result.charged is Charged.YES
        assert result.retry_after
        assert (world.record.state, world.record.lease_until) == (State.PENDING, world.clock.now())
    else:
        assert result == world.record
        unknown = (State.UNKNOWN, "outcome_unknown")
        expected = unknown if abandoned.charged is Charged.UNKNOWN else (State.FAILED, "abandoned")
        assert (world.record.state, world.record.error) == expected


@every
def test_store_outage_decides_nothing(abandoned: AbandonedState) -> None:
    """The record stays pending and free for any server; store and spool are unchanged."""
    world = World()
    record = set_up_abandoned(world, abandoned)
    before = contents(world)
    for step in ("get originals", "put originals", "put images"):
        world.store.fail(step, StorageUnavailable("down"))
    result = recover(world, record)
    assert type(result) is ImagePendingUpload
    seen = abandoned.where in {"spool", "both"}
    assert (
        result.charged is world.record.charged is (paid(abandoned) if seen else abandoned.charged)
    )
    assert (world.record.state, world.record.lease_until) == (State.PENDING, world.clock.now())
    assert contents(world) == before
    assert world.generator.requests == []


@every
def test_loser_of_the_takeover_changes_nothing(abandoned: AbandonedState) -> None:
    """If another server takes over first, nothing is read, stored or changed."""
    world = World()
    seen = set_up_abandoned(world, abandoned)
    taken = replace(seen, lease_until=seen.lease_until + timedelta(seconds=60))
    world.records.compare_and_swap(seen, taken)
    before = contents(world)
    assert type(recover(world, seen)) is GenerationInProgress
    assert world.record == taken
    assert contents(world) == before
    assert world.generator.requests == []


@every
@each_row("good", [0, 1])
def test_records_outage_can_be_retried(abandoned: AbandonedState, good: int) -> None:
    """After a failure at the first write or at the last, a second recovery succeeds."""
    world = World()
    record = set_up_abandoned(world, abandoned)
    world.records.fail("compare_and_swap", RecordsUnavailable("down"), after=good)
    recover(world, record)
    assert world.record.state is State.PENDING
    world.records.repair()
    world.clock.advance(60)
    second = recover(world, world.record)
    if abandoned.where == "nowhere":
        check_not_found(world, abandoned, second)
    else:
        wanted = State.FAILED if abandoned.extension == "bin" else State.READY
        assert (world.record.state, world.record.charged) == (wanted, paid(abandoned))
    assert contents(world)[1] == {}
    assert world.generator.requests == []


@every
def test_failing_writes_lose_no_original(abandoned: AbandonedState) -> None:
    """A write that stores half and fails leaves the right bytes elsewhere, and is made again."""
    world = World()
    record = set_up_abandoned(world, abandoned)
    if abandoned.where == "nowhere":
        return
    world.store.stores_half = True
    assert isinstance(recover(world, record), AppError)
    stored, spooled = contents(world)
    assert DATA in {*stored.values(), *spooled.values()}
    world.store.stores_half = False
    world.clock.advance(60)
    second = recover(world, world.record)
    assert isinstance(second, ImageRecord) or type(second) is ProviderBadResponse
    assert contents(world)[0][f"originals/{ID}.{abandoned.extension}"] == DATA
