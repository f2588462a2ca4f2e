"""What a running server does by itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.container.generation import build_maintenance
from app.errors import Charged, GenerationInProgress, RecordsUnavailable, StorageUnavailable
from app.models import State
from app.usecases.operations.maintenance import Maintenance
from tests.support.builders import RETENTION, World, a_record, a_request
from tests.support.observability.log_capture import log_lines
from tests.support.reconcile.damage import MENDABLE, Mess, name_of, setting, spooling
from tests.support.reconcile.runs import during

OWN = [mess for mess in MENDABLE if mess.name.startswith("spooled") or mess.name == "cut off"]


def housekeeping(world: World) -> Maintenance:
    """Make one on the fakes."""
    return build_maintenance(world.ports, world.readiness, world.recover, RETENTION)


def expired_leases(world: World, count: int) -> None:
    """Insert rows that nobody works on any more, and that cost nothing."""
    for number in range(count):
        late = world.clock.now() - timedelta(seconds=count - number)
        row = a_record(state=State.PENDING, lease_until=late, original=None, image=None)
        world.records.by_id[row.id] = replace(row, created_at=None, charged=Charged.NO)


@pytest.mark.parametrize("mess", OWN, ids=name_of)
def test_what_waits_here_is_brought_home(world: World, mess: Mess) -> None:
    """A round empties this server's spool and finishes what was cut off, without paying."""
    row = world.generate(a_request())
    world.clock.advance(1000)
    mess.spoil(world.ports, row)
    housekeeping(world)()
    assert world.spool.objects == {}
    state = world.records.by_id[row.id].state
    assert state is (State.READY if mess.alive else State.DELETED)
    assert len(world.generator.requests) == 1


def test_an_empty_round_asks_next_to_nothing(world: World) -> None:
    """Once keys were forgotten, a round without work lists the spool and asks for late rows."""
    world.generate(a_request())
    keep = housekeeping(world)
    keep()
    world.events.clear()
    keep()
    assert world.events == ["spool keys originals", "records expired_leases"]


def test_keys_are_forgotten_once_an_hour(world: World) -> None:
    """Old claims go at the first round and then every hour, those within retention stay."""
    keep = housekeeping(world)
    for seconds in (0, 3599, 1):
        world.clock.advance(seconds)
        keep()
    assert world.events.count("records forget_claims") == 2
    world.generate(a_request(), claim="c")
    world.clock.advance(RETENTION.total_seconds())
    keep()
    assert world.record.claim == "c"
    world.clock.advance(3600)
    keep()
    assert world.record.claim == ""


def test_a_round_finishes_twenty_late_rows_at_most(world: World) -> None:
    """The oldest leases come first; the rest waits for the next round."""
    expired_leases(world, 25)
    keep = housekeeping(world)
    keep()
    late = [row for row in world.records.by_id.values() if row.state is State.PENDING]
    assert len(late) == 5
    oldest = world.clock.now() - timedelta(seconds=5)
    assert all(row.lease_until >= oldest for row in late)
    keep()
    assert {row.state for row in world.records.by_id.values()} != {State.PENDING}


@pytest.mark.parametrize("part", ["store", "records"])
def test_while_a_part_is_down_nothing_is_tried(world: World, part: str) -> None:
    """An outage costs one check a round: no row is taken over, nothing is logged as an error."""
    expired_leases(world, 3)
    error = StorageUnavailable() if part == "store" else RecordsUnavailable()
    getattr(world, part).fail("ping", error)
    with log_lines() as lines:
        housekeeping(world)()
    assert "records compare_and_swap" not in world.events
    assert [line for line in lines if not line.startswith("DEBUG")] == []


def test_records_that_do_not_answer_end_the_round_quietly(world: World) -> None:
    """Even the first question may fail; nothing is raised."""
    world.records.fail("expired_leases", RecordsUnavailable())
    with log_lines() as lines:
        housekeeping(world)()
    assert [line for line in lines if not line.startswith("DEBUG")] == []


def test_one_broken_row_does_not_stop_the_round(world: World) -> None:
    """An unforeseen error is one line with the row's id, and the other rows are finished."""
    for _ in range(2):
        row = world.generate(a_request())
        late = world.clock.now() - timedelta(seconds=1)
        world.records.by_id[row.id] = replace(row, state=State.PENDING, lease_until=late)
    expired_leases(world, 1)
    world.image_processor.fail("cut_out", ZeroDivisionError())
    with log_lines() as lines:
        housekeeping(world)()
    errors = [line for line in lines if line.startswith("ERROR")]
    assert len(errors) == 2
    assert all("unexpected ZeroDivisionError" in line for line in errors)
    assert State.FAILED in {row.state for row in world.records.by_id.values()}


def test_the_loser_of_a_race_is_quiet(world: World) -> None:
    """What another process took over is its business: no error, no line, no second try."""
    expired_leases(world, 1)
    world.records.fail("compare_and_swap", GenerationInProgress())
    with log_lines() as lines:
        housekeeping(world)()
    assert lines == []


@pytest.mark.parametrize("mess", OWN, ids=name_of)
def test_rounds_of_two_workers_do_not_disturb_each_other(world: World, mess: Mess) -> None:
    """A round that comes in the middle of another one's work is quiet, and all gets done once."""
    row = world.generate(a_request())
    world.clock.advance(1000)
    mess.spoil(world.ports, row)
    during(world.store, "put", housekeeping(world))
    during(world.spool, "delete", housekeeping(world))
    with log_lines() as lines:
        housekeeping(world)()
    assert [line for line in lines if line.startswith(("WARNING", "ERROR"))] == []
    assert world.spool.objects == {}
    state = world.records.by_id[row.id].state
    assert state is (State.READY if mess.alive else State.DELETED)
    assert len(world.generator.requests) == 1


def test_what_is_being_made_is_left_alone(world: World) -> None:
    """While somebody's lease runs, what lies in the spool and in the store is theirs."""
    row = world.generate(a_request())
    until = world.clock.now() + timedelta(milliseconds=1)
    spooling(setting("image", state=State.PENDING, lease_until=until))(world.ports, row)
    before = dict(world.records.by_id), dict(world.store.objects), dict(world.spool.objects)
    with log_lines() as lines:
        housekeeping(world)()
    assert (world.records.by_id, world.store.objects, world.spool.objects) == before
    assert lines == []
