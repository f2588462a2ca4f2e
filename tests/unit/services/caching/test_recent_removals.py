"""What a shared cache must not serve, by the records."""

from datetime import timedelta

import pytest

from app.errors import RecordsUnavailable
from app.models import ImageRecord
from app.services.caching.recent_removals import RecentRemovals
from tests.support.builders import World, a_record


@pytest.fixture
def removals(world: World) -> RecentRemovals:
    """Return the removals of the fake records."""
    return RecentRemovals(world.records, world.clock)


def removed(world: World, ago: timedelta = timedelta()) -> str:
    """Delete an image, some time ago; return its id."""
    record: ImageRecord = a_record()
    world.records.insert(record)
    world.records.compare_and_swap(record, record.deleted(world.clock.now() - ago))
    return record.id


def test_records_are_read_once_in_five_seconds(world: World, removals: RecentRemovals) -> None:
    """However many cached images are about to be used."""
    for _ in range(3):
        assert not removals("x")
        assert not removals("x")
        world.clock.advance(4.9)
    assert world.events.count("records removals") == 2


def test_removals_of_a_day_are_known(world: World, removals: RecentRemovals) -> None:
    """Also at the first use; older ones are in no cache."""
    young, old = removed(world, timedelta(hours=23)), removed(world, timedelta(hours=25))
    assert removals(young)
    assert not removals(old)


def test_a_removal_that_was_written_late_is_noticed(world: World, removals: RecentRemovals) -> None:
    """Its time is before the last look at the records."""
    assert not removals("x")
    late = removed(world, timedelta(minutes=1))
    world.clock.advance(5)
    assert removals(late)


@pytest.mark.parametrize("idle", [timedelta(minutes=59), timedelta(hours=20)])
def test_removals_during_a_pause_are_noticed(
    world: World, removals: RecentRemovals, idle: timedelta
) -> None:
    """A process that served nothing for a long time reads what it missed."""
    early = removed(world)
    assert removals(early)
    missed = removed(world)
    world.clock.advance(idle.total_seconds())
    assert removals(missed)
    assert removals(early)


def test_a_jump_of_the_clock_hides_no_removal(world: World, removals: RecentRemovals) -> None:
    """The time since the last look is counted by the monotonic clock."""
    assert not removals("x")
    world.clock.advance(1800)
    missed = removed(world, timedelta(minutes=20))
    world.clock.time += timedelta(days=8)
    world.clock.time -= timedelta(days=8)
    assert removals(missed)


def test_while_the_records_are_away_everything_may_be_removed(
    world: World, removals: RecentRemovals
) -> None:
    """After ten seconds; they are asked again every five."""
    assert not removals("x")
    world.records.fail("removals", RecordsUnavailable("down"))
    world.clock.advance(9.9)
    assert not removals("x")
    world.clock.advance(0.1)
    assert removals("x")
    assert world.events.count("records removals") == 2
    world.records.repair()
    world.clock.advance(5)
    assert not removals("x")
