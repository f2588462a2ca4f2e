"""Maintenance drains the spool, finishes interrupted generations and forgets idempotency keys."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.container.generation import build_maintenance
from app.errors import Charged, GenerationInProgress, RecordsUnavailable, StorageUnavailable
from app.models import State
from app.usecases.operations.maintenance import Maintenance
from tests.support.builders import RETENTION, World, a_record, a_request
from tests.support.observability.log_capture import log_lines
from tests.support.reconcile.damage import REPAIRABLE, Damage, changing, name_of, spooling
from tests.support.reconcile.runs import before_first_call

DAMAGES = [
    damage
    for damage in REPAIRABLE
    if damage.name.startswith("spooled") or damage.name == "interrupted"
]


def maintenance_of(world: World) -> Maintenance:
    """Build the maintenance of a server on fakes."""
    return build_maintenance(world.ports, world.readiness, world.recover, RETENTION)


def insert_expired_leases(world: World, count: int) -> None:
    """Insert pending records whose server stopped before the paid call."""
    for number in range(count):
        expired = world.clock.now() - timedelta(seconds=count - number)
        record = a_record(state=State.PENDING, lease_until=expired, original=None, image=None)
        world.records.by_id[record.id] = replace(record, created_at=None, charged=Charged.NO)


@pytest.mark.parametrize("damage", DAMAGES, ids=name_of)
def test_spooled_and_interrupted_images_are_finished(world: World, damage: Damage) -> None:
    """One round empties the spool and finishes the image without another charge."""
    record = world.generate(a_request())
    world.clock.advance(1000)
    damage.apply(world.ports, record)
    maintenance_of(world)()
    assert world.spool.objects == {}
    state = world.records.by_id[record.id].state
    assert state is (State.READY if damage.alive else State.DELETED)
    assert len(world.generator.requests) == 1


def test_round_without_work_costs_one_listing_and_one_query(world: World) -> None:
    """It lists the spool and queries expired leases, and does nothing else."""
    world.generate(a_request())
    maintenance = maintenance_of(world)
    maintenance()
    world.events.clear()
    maintenance()
    assert world.events == ["spool keys originals", "records expired_leases"]


def test_claims_are_forgotten_once_an_hour(world: World) -> None:
    """The first round forgets claims older than the retention, and then one round an hour."""
    maintenance = maintenance_of(world)
    for seconds in (0, 3599, 1):
        world.clock.advance(seconds)
        maintenance()
    assert world.events.count("records forget_claims") == 2
    world.generate(a_request(), claim="c")
    world.clock.advance(RETENTION.total_seconds())
    maintenance()
    assert world.record.claim == "c"
    world.clock.advance(3600)
    maintenance()
    assert world.record.claim == ""


def test_round_recovers_at_most_twenty_records(world: World) -> None:
    """Those whose leases expired first are recovered; the next round continues."""
    insert_expired_leases(world, 25)
    maintenance = maintenance_of(world)
    maintenance()
    pending = [record for record in world.records.by_id.values() if record.state is State.PENDING]
    assert len(pending) == 5
    newest = world.clock.now() - timedelta(seconds=5)
    assert all(record.lease_until >= newest for record in pending)
    maintenance()
    assert {record.state for record in world.records.by_id.values()} != {State.PENDING}


@pytest.mark.parametrize("part", ["store", "records"])
def test_outage_postpones_maintenance(world: World, part: str) -> None:
    """During an outage no record is taken over, and nothing is logged above the level DEBUG."""
    insert_expired_leases(world, 3)
    error = StorageUnavailable() if part == "store" else RecordsUnavailable()
    getattr(world, part).fail("ping", error)
    with log_lines() as lines:
        maintenance_of(world)()
    assert "records compare_and_swap" not in world.events
    assert [line for line in lines if not line.startswith("DEBUG")] == []


def test_failed_query_ends_the_round(world: World) -> None:
    """If the records can't be queried, nothing is raised, or logged above the level DEBUG."""
    world.records.fail("expired_leases", RecordsUnavailable())
    with log_lines() as lines:
        maintenance_of(world)()
    assert [line for line in lines if not line.startswith("DEBUG")] == []


def test_unexpected_error_does_not_stop_the_round(world: World) -> None:
    """Each error is logged in one line with its class, and the other records are finished."""
    for _ in range(2):
        record = world.generate(a_request())
        expired = world.clock.now() - timedelta(seconds=1)
        interrupted = replace(record, state=State.PENDING, lease_until=expired)
        world.records.by_id[record.id] = interrupted
    insert_expired_leases(world, 1)
    world.image_processor.fail("cut_out", ZeroDivisionError())
    with log_lines() as lines:
        maintenance_of(world)()
    errors = [line for line in lines if line.startswith("ERROR")]
    assert len(errors) == 2
    assert all("unexpected ZeroDivisionError" in line for line in errors)
    assert State.FAILED in {record.state for record in world.records.by_id.values()}


def test_record_that_another_process_takes_over_is_not_logged(world: World) -> None:
    """The process that loses the race logs nothing and does not try again."""
    insert_expired_leases(world, 1)
    world.records.fail("compare_and_swap", GenerationInProgress())
    with log_lines() as lines:
        maintenance_of(world)()
    assert lines == []


@pytest.mark.parametrize("damage", DAMAGES, ids=name_of)
def test_concurrent_rounds_finish_an_image_once(world: World, damage: Damage) -> None:
    """If rounds of other workers start during a repair, nothing is logged above INFO."""
    record = world.generate(a_request())
    world.clock.advance(1000)
    damage.apply(world.ports, record)
    before_first_call(world.store, "put", maintenance_of(world))
    before_first_call(world.spool, "delete", maintenance_of(world))
    with log_lines() as lines:
        maintenance_of(world)()
    assert [line for line in lines if line.startswith(("WARNING", "ERROR"))] == []
    assert world.spool.objects == {}
    state = world.records.by_id[record.id].state
    assert state is (State.READY if damage.alive else State.DELETED)
    assert len(world.generator.requests) == 1


def test_leased_record_is_not_touched(world: World) -> None:
    """While the lease of a record runs, its objects in spool and store are left alone."""
    record = world.generate(a_request())
    until = world.clock.now() + timedelta(milliseconds=1)
    spooling(changing("image", state=State.PENDING, lease_until=until))(world.ports, record)
    before = dict(world.records.by_id), dict(world.store.objects), dict(world.spool.objects)
    with log_lines() as lines:
        maintenance_of(world)()
    assert (world.records.by_id, world.store.objects, world.spool.objects) == before
    assert lines == []
