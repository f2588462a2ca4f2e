import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import AppError, RecordsUnavailable, StorageUnavailable
from app.models import PartHealth
from app.usecases.operations.health import Part, Readiness
from tests.support.fakes.ports import FakeClock


class FakePart:
    """Counts its pings, fails if told to, and can be held up by a gate."""

    def __init__(self) -> None:
        self.pings = 0
        self.error: AppError | None = None
        self.gate = threading.Event()
        self.gate.set()

    def ping(self) -> None:
        """Answer, or raise what the test wants."""
        self.pings += 1
        assert self.gate.wait(10)
        if self.error:
            raise self.error


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that stands still."""
    return FakeClock()


@pytest.fixture
def storage() -> FakePart:
    """Give a required part."""
    return FakePart()


@pytest.fixture
def cache() -> FakePart:
    """Give a part that is not required."""
    return FakePart()


@pytest.fixture
def readiness(clock: FakeClock, storage: FakePart, cache: FakePart) -> Readiness:
    """Watch both parts."""
    return Readiness(
        (
            Part(name="storage", kind="s3", ping=storage.ping),
            Part(name="cache", kind="redis", ping=cache.ping, required=False),
        ),
        clock=clock,
    )


def test_a_part_is_asked_at_most_every_five_seconds(
    readiness: Readiness, clock: FakeClock, storage: FakePart
) -> None:
    """What was found is believed for five seconds, good or bad."""
    readiness.require("storage")
    clock.advance(4.9)
    storage.error = StorageUnavailable()
    readiness.require("storage")
    assert storage.pings == 1
    clock.advance(0.1)
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            readiness.require("storage")
    assert storage.pings == 2


def test_a_part_that_came_back_is_noticed(
    readiness: Readiness, clock: FakeClock, storage: FakePart
) -> None:
    """Five seconds after a failure the part is asked again."""
    storage.error = StorageUnavailable()
    with pytest.raises(StorageUnavailable):
        readiness.require("storage")
    storage.error = None
    clock.advance(5)
    readiness.require("storage")


def test_a_parts_own_error_is_raised_again_each_time(
    readiness: Readiness, storage: FakePart
) -> None:
    """Callers get errors of their own, which one of them may mark without harming the other."""
    storage.error = StorageUnavailable("S3: ConnectTimeout")
    caught = []
    for _ in range(2):
        with pytest.raises(StorageUnavailable) as raised:
            readiness.require("storage")
        caught.append(raised.value)
    assert caught[0] is not caught[1]
    assert {error.detail for error in caught} == {"S3: ConnectTimeout"}


def test_the_first_missing_part_is_reported(clock: FakeClock) -> None:
    """Parts are asked in the order given, and the first trouble ends it."""
    first, second = FakePart(), FakePart()
    first.error, second.error = RecordsUnavailable(), StorageUnavailable()
    parts = (Part(name="a", kind="x", ping=first.ping), Part(name="b", kind="x", ping=second.ping))
    with pytest.raises(RecordsUnavailable):
        Readiness(parts, clock=clock).require("a", "b")
    assert second.pings == 0


def test_only_the_named_parts_count(readiness: Readiness, cache: FakePart) -> None:
    """A part that nobody requires may be down."""
    cache.error = AppError()
    readiness.require("storage")
    assert cache.pings == 0


def test_the_report_reports_part_by_part(readiness: Readiness, cache: FakePart) -> None:
    """Each part is reported with its kind, whether it is up and whether that matters."""
    cache.error = AppError()
    assert readiness.report() == (
        PartHealth(name="storage", kind="s3", up=True, required=True),
        PartHealth(name="cache", kind="redis", up=False, required=False),
    )


def test_many_callers_ask_a_slow_part_once(readiness: Readiness, storage: FakePart) -> None:
    """A hundred requests that meet a slow store don't ask it a hundred times."""
    storage.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(readiness.require, "storage") for _ in range(8)]
        threading.Timer(0.1, storage.gate.set).start()
        for caller in waiting:
            caller.result(10)
    assert storage.pings == 1
