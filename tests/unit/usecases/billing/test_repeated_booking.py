"""The ledger counts an image once, whichever server books it again."""

from dataclasses import replace

import pytest

from app.errors import Charged, ProviderTimeout, ProviderUnreachable, RecordsUnavailable
from app.models import ImageRecord, Spending
from app.usecases.billing.accounting import AccountedRecords
from app.usecases.billing.budgets import SERVER
from app.usecases.generation import sidecar
from tests.support.builders import NOON, World, a_request

TODAY = "2026-11-22"


def spent(world: World) -> Spending:
    """Return what the ledger counts for today."""
    return world.ledger.spent(SERVER, TODAY)


def test_two_servers_that_settle_the_same_record_count_once(world: World) -> None:
    """Both may succeed, if the first server's record is lost with a failed database server."""
    versions: list[tuple[ImageRecord, ImageRecord]] = []
    swap = world.records.compare_and_swap

    def remembering(old: ImageRecord, new: ImageRecord) -> bool:
        versions.append((old, new))
        return swap(old, new)

    world.records.compare_and_swap = remembering  # type: ignore[method-assign]  # reason: remembers what was written
    world.generate(a_request())
    counted, (old, new) = spent(world), versions[-1]
    assert counted.micros == new.booked_micros < old.booked_micros
    world.records.by_id[old.id] = old  # the first server's write is lost
    assert AccountedRecords(world.records, world.ledger).compare_and_swap(old, new)
    assert spent(world) == counted


def test_a_rebuilt_record_is_not_booked_again(world: World) -> None:
    """An original that comes back after its record was deleted was counted before."""
    record = world.generate(a_request())
    counted = spent(world)
    saved = sidecar.read(record.id, sidecar.write(record), found_at=NOON)
    world.records.by_id.clear()
    for _ in range(2):
        AccountedRecords(world.records, world.ledger).insert(saved.booked())
        world.clock.advance(1)
        world.recover(world.record)
        assert spent(world) == counted
        world.records.by_id.clear()


def test_a_rebuilt_record_is_booked_if_the_ledger_is_new(world: World) -> None:
    """If the whole database was lost, the image is counted again, with its cost."""
    record = world.generate(a_request())
    saved = sidecar.read(record.id, sidecar.write(record), found_at=NOON)
    world.records.by_id.clear()
    world.ledger.counts.clear()
    world.ledger.operations.clear()
    AccountedRecords(world.records, world.ledger).insert(saved.booked())
    world.clock.advance(1)
    world.recover(world.record)
    assert spent(world) == Spending(micros=record.cost_micros or 0, images=1)


def test_a_reservation_that_was_released_is_not_released_with_the_record(world: World) -> None:
    """The record may appear after the records have confirmed that it is absent."""
    insert, late = world.records.insert, list[ImageRecord]()

    def later(record: ImageRecord) -> bool:
        late.append(record)
        raise RecordsUnavailable

    world.records.insert = later  # type: ignore[method-assign]  # reason: no majority confirms it yet
    with pytest.raises(RecordsUnavailable):
        world.generate(a_request())
    assert spent(world) == Spending()
    insert(late[0])
    world.clock.advance(1000)
    world.recover(world.record)
    assert spent(world) == Spending()


def test_a_settlement_whose_response_is_lost_is_booked(world: World) -> None:
    """The record is read again, and its cost replaces the estimate."""
    swap = world.records.compare_and_swap

    def swap_then_fail(old: ImageRecord, new: ImageRecord) -> bool:
        swap(old, new)
        if new.image is not None:
            raise RecordsUnavailable
        return True

    world.records.compare_and_swap = swap_then_fail  # type: ignore[method-assign]  # reason: the response is lost
    record = world.generate(a_request())
    assert spent(world) == Spending(micros=record.cost_micros or 0, images=1)


def test_each_attempt_has_its_own_reservation(world: World) -> None:
    """A failed attempt, repeated in the same millisecond, is reserved and settled on its own."""
    world.generator.fail("draw", ProviderUnreachable())
    with pytest.raises(ProviderUnreachable):
        world.generate(a_request(), claim="c")
    assert spent(world) == Spending()
    world.generator.repair()
    record = world.generate(a_request(), claim="c")
    assert spent(world) == Spending(micros=record.cost_micros or 0, images=1)


def test_records_of_earlier_versions_are_settled_once(world: World) -> None:
    """They have no attempt; their id and time stand for it."""
    world.generator.fail("draw", ProviderTimeout(charged=Charged.UNKNOWN))
    with pytest.raises(ProviderTimeout):
        world.generate(a_request())
    old = replace(world.record, attempt="")
    lower = replace(old, booked_micros=7)
    records = AccountedRecords(world.records, world.ledger)
    for _ in range(2):
        world.records.by_id[old.id] = old
        assert records.compare_and_swap(old, lower)
    assert spent(world) == Spending(micros=7)
