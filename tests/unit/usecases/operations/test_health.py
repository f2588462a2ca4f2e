"""Health checks are cached for five seconds, and run in one thread at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import AppError, RecordsUnavailable, StorageUnavailable
from app.models import PartHealth
from app.usecases.operations.health import HealthCheck, Readiness
from tests.support.concurrency.threads import wait_until
from tests.support.fakes.ports import FakeClock


class FakePart:
    """Counts its pings; they can fail, and can be blocked by a gate."""

    def __init__(self) -> None:
        self.pings = 0
        self.error: AppError | None = None
        self.gate = threading.Event()
        self.gate.set()

    def ping(self) -> None:
        """Return, or raise the scripted error."""
        self.pings += 1
        assert self.gate.wait(60)
        if self.error:
            raise self.error


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that advances only on request."""
    return FakeClock()


@pytest.fixture
def storage() -> FakePart:
    """Return a required part."""
    return FakePart()


@pytest.fixture
def cache() -> FakePart:
    """Return a part that is not required."""
    return FakePart()


@pytest.fixture
def readiness(clock: FakeClock, storage: FakePart, cache: FakePart) -> Readiness:
    """Return the readiness of both parts."""
    return Readiness(
        (
            HealthCheck(name="storage", kind="s3", ping=storage.ping),
            HealthCheck(name="cache", kind="redis", ping=cache.ping, required=False),
        ),
        clock=clock,
    )


def test_result_is_cached_for_five_seconds(
    readiness: Readiness, clock: FakeClock, storage: FakePart
) -> None:
    """Neither a success nor an error is checked again within five seconds."""
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


def test_an_outdated_result_is_checked_again(clock: FakeClock, storage: FakePart) -> None:
    """A success is checked again if something has happened since, and an error is not."""
    outdated = True
    check = HealthCheck(name="a", kind="x", ping=storage.ping, is_outdated=lambda: outdated)
    readiness = Readiness((check,), clock=clock)
    readiness.require("a")
    storage.error = StorageUnavailable()
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            readiness.require("a")
    assert storage.pings == 2
    storage.error, outdated = None, False
    clock.advance(5)
    for _ in range(2):
        readiness.require("a")
    assert storage.pings == 3


def test_end_of_an_outage_is_noticed_after_five_seconds(
    readiness: Readiness, clock: FakeClock, storage: FakePart
) -> None:
    """Five seconds after an error the part is checked again."""
    storage.error = StorageUnavailable()
    with pytest.raises(StorageUnavailable):
        readiness.require("storage")
    storage.error = None
    clock.advance(5)
    readiness.require("storage")


def test_each_call_raises_a_new_error(readiness: Readiness, storage: FakePart) -> None:
    """Callers set fields of the error, so they must not share one."""
    storage.error = StorageUnavailable("S3: ConnectTimeout")
    caught = []
    for _ in range(2):
        with pytest.raises(StorageUnavailable) as raised:
            readiness.require("storage")
        caught.append(raised.value)
    assert caught[0] is not caught[1]
    assert {error.detail for error in caught} == {"S3: ConnectTimeout"}


def test_first_error_is_raised(clock: FakeClock) -> None:
    """Parts are checked in the order of the names, until one is down."""
    first, second = FakePart(), FakePart()
    first.error, second.error = RecordsUnavailable(), StorageUnavailable()
    checks = (
        HealthCheck(name="a", kind="x", ping=first.ping),
        HealthCheck(name="b", kind="x", ping=second.ping),
    )
    with pytest.raises(RecordsUnavailable):
        Readiness(checks, clock=clock).require("a", "b")
    assert second.pings == 0


def test_only_named_parts_are_checked(readiness: Readiness, cache: FakePart) -> None:
    """A part that the caller does not name may be down."""
    cache.error = AppError()
    readiness.require("storage")
    assert cache.pings == 0


def test_report_has_every_part(readiness: Readiness, cache: FakePart) -> None:
    """It has the name and kind of each part, and whether it is up and required."""
    cache.error = AppError()
    assert readiness.report() == (
        PartHealth(name="storage", kind="s3", up=True, required=True),
        PartHealth(name="cache", kind="redis", up=False, required=False),
    )


def test_concurrent_requests_ping_a_slow_part_once(readiness: Readiness, storage: FakePart) -> None:
    """Eight threads that require a slow part at the same time share one ping."""
    storage.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(readiness.require, "storage") for _ in range(8)]
        threading.Timer(0.1, storage.gate.set).start()
        for caller in waiting:
            caller.result(60)
    assert storage.pings == 1


def test_report_does_not_wait_for_a_silent_part(clock: FakeClock, storage: FakePart) -> None:
    """A part that does not respond in time is down; once it responds it is up again."""
    check = HealthCheck(name="storage", kind="s3", ping=storage.ping)
    readiness = Readiness((check,), clock=clock, report_seconds=0)
    storage.gate.clear()
    assert [part.up for _ in range(3) for part in readiness.report()] == [False] * 3
    storage.gate.set()
    wait_until(lambda: readiness.report()[0].up)
    assert storage.pings == 1
