"""The clock of the records: this machine's clock and jumps of the store's have no effect."""

from datetime import datetime, timedelta

import pytest

from app.errors import RecordsUnavailable
from app.services.runtime.store_clock import StoreClock
from tests.support.fakes.ports import FakeClock

DAYS = timedelta(days=8)


class Store:
    """The store's time, which passes with the machine's seconds."""

    def __init__(self, machine: FakeClock) -> None:
        self.machine, self.error = machine, False
        self.reads = 0
        self.begin = machine.time
        self.started = machine.seconds

    def now(self) -> datetime:
        """Return the time."""
        self.reads += 1
        if self.error:
            raise RecordsUnavailable
        return self.begin + timedelta(seconds=self.machine.seconds - self.started)


@pytest.fixture
def machine() -> FakeClock:
    """Return the machine's clock."""
    return FakeClock()


@pytest.fixture
def store(machine: FakeClock) -> Store:
    """Return the store's clock."""
    return Store(machine)


@pytest.mark.parametrize("step", [DAYS, -DAYS, timedelta(seconds=90)])
def test_steps_of_the_machine_have_no_effect(
    machine: FakeClock, store: Store, step: timedelta
) -> None:
    """The time is the store's, read twice a minute; in between it passes by itself."""
    clock = StoreClock(store.now, machine)
    for _ in range(5):
        machine.time += step
        for _ in range(10):
            machine.advance(3)
            assert clock.now() == store.begin + timedelta(seconds=machine.seconds - store.started)
    assert store.reads <= 12


def test_a_machine_that_disagrees_forgets_nothing(
    machine: FakeClock, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not steady until the clocks agree again, and one line says so."""
    clock = StoreClock(store.now, machine)
    assert clock.is_steady()
    machine.time += DAYS
    machine.advance(31)
    assert not clock.is_steady()
    machine.advance(31)
    assert not clock.is_steady()
    machine.time -= DAYS
    machine.advance(31)
    assert clock.is_steady()
    assert [text for text in caplog.messages if "691200 s ahead" in text] == caplog.messages


@pytest.mark.parametrize("step", [DAYS, -DAYS])
def test_a_jump_is_not_believed_for_an_hour(
    machine: FakeClock, step: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite has the machine's clock only. If it jumps and comes back, nothing has happened."""
    clock = StoreClock(machine.now, machine)
    before = clock.now()
    machine.time += step
    machine.advance(60)
    assert (clock.now(), clock.is_steady()) == (before + timedelta(seconds=60), False)
    machine.time -= step
    machine.advance(60)
    assert (clock.now(), clock.is_steady()) == (before + timedelta(seconds=120), True)
    machine.time += step
    for _ in range(62):
        machine.advance(60)
        clock.now()
    assert clock.now() == machine.time  # an hour later, it is the time
    assert clock.is_steady()
    assert len([text for text in caplog.messages if "jumped" in text]) == 2


def test_a_clock_may_have_to_run_for_a_while_first(machine: FakeClock) -> None:
    """A process that starts with a wrong clock must not forget anything."""
    clock = StoreClock(machine.now, machine, steady_after=3600)
    assert not clock.is_steady()
    machine.advance(3599)
    assert not clock.is_steady()
    machine.advance(1)
    assert clock.is_steady()


def test_an_unreachable_store_stops_no_clock(machine: FakeClock, store: Store) -> None:
    """The time passes on, and the store is asked once a second."""
    clock = StoreClock(store.now, machine)
    store.error = True
    with pytest.raises(RecordsUnavailable):
        clock.now()
    store.error = False
    before = clock.now()
    store.error, store.reads = True, 0
    machine.advance(30)
    for _ in range(50):
        assert clock.now() == before + timedelta(seconds=30)
    assert store.reads == 1
