"""Threads by kind of request: what waits in one kind delays no other."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from app.errors import Overloaded
from app.http.concurrency import READ_THREADS, Places
from app.http.request_kinds import RequestKind
from app.server import thread_pools
from app.server.thread_pools import MAX_READS, ThreadPools
from tests.support.concurrency.threads import wait_until

GENERATIONS = 2


class Seconds:
    """A clock that advances on request."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Seconds:
    """Create a clock."""
    return Seconds()


@pytest.fixture
def pools(clock: Seconds) -> Iterator[ThreadPools]:
    """Create threads, of which two are for generations."""
    made = ThreadPools(GENERATIONS, monotonic=clock)
    yield made
    made.shutdown()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold threads until this is set."""
    event = threading.Event()
    yield event
    event.set()


def test_health_checks_need_no_thread(pools: ThreadPools, gate: threading.Event) -> None:
    """With all threads held, and further requests waiting, a health check runs immediately."""
    for kind in RequestKind:
        if kind is not RequestKind.HEALTH:
            for _ in range(READ_THREADS + 10):
                pools.submit(kind, gate.wait)
    checked = pools.submit(RequestKind.HEALTH, threading.get_ident)
    assert checked.done()
    assert checked.result() == threading.get_ident()


def test_failed_health_check_is_in_its_future(pools: ThreadPools) -> None:
    """The event loop goes on."""
    failed = pools.submit(RequestKind.HEALTH, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        failed.result()


def test_reads_beyond_the_limit_are_canceled(pools: ThreadPools, gate: threading.Event) -> None:
    """Immediately; once others have ended, there is room again."""
    accepted = [pools.submit(RequestKind.OTHER, gate.wait) for _ in range(MAX_READS)]
    assert pools.submit(RequestKind.OTHER, gate.wait).cancelled()
    assert [pools.is_full(kind) for kind in RequestKind] == [False, False, False, True]
    gate.set()
    assert [one.result(60) for one in accepted] == [True] * MAX_READS
    wait_until(lambda: not pools.submit(RequestKind.OTHER, gate.wait).cancelled())


def test_no_read_begins_during_a_pause(pools: ThreadPools) -> None:
    """One that has begun goes on; the others follow after the pause."""
    begun = threading.Event()
    pools.submit(RequestKind.OTHER, begun.set).result(60)
    with pools.paused():
        waiting = pools.submit(RequestKind.OTHER, threading.get_ident)
        assert pools.submit(RequestKind.READINESS, threading.get_ident).result(60)
        assert not waiting.done()
    assert waiting.result(60)


def test_canceled_reads_leave_room(
    pools: ThreadPools, gate: threading.Event, clock: Seconds
) -> None:
    """What has waited for too long counts no longer."""
    for _ in range(MAX_READS):
        pools.submit(RequestKind.OTHER, gate.wait)
    clock.now += thread_pools.QUEUE_SECONDS
    pools.cancel_overdue()
    assert not pools.submit(RequestKind.OTHER, gate.wait).cancelled()


def test_generations_and_reads_do_not_wait_for_each_other(
    pools: ThreadPools, gate: threading.Event
) -> None:
    """Generations that take all their threads leave those of reads, and the reverse."""
    for _ in range(GENERATIONS + 1):
        pools.submit(RequestKind.GENERATION, gate.wait)
    assert pools.submit(RequestKind.OTHER, lambda: "read").result(60) == "read"


def test_request_without_a_thread_is_canceled(
    pools: ThreadPools, gate: threading.Event, clock: Seconds
) -> None:
    """What has waited for five seconds is canceled; what runs or came later is not."""
    running = _held(pools, gate)
    waiting = pools.submit(RequestKind.GENERATION, gate.wait)
    clock.now += thread_pools.QUEUE_SECONDS / 2
    later = pools.submit(RequestKind.GENERATION, gate.wait)
    pools.cancel_overdue()
    assert not waiting.cancelled()
    clock.now += thread_pools.QUEUE_SECONDS / 2
    pools.cancel_overdue()
    assert waiting.cancelled()
    assert not later.cancelled()
    gate.set()
    assert [future.result(60) for future in (*running, later)] == [True] * (GENERATIONS + 1)


def test_readiness_checks_are_not_canceled(
    pools: ThreadPools, gate: threading.Event, clock: Seconds
) -> None:
    """A late answer is better than none."""
    waiting = [pools.submit(RequestKind.READINESS, gate.wait) for _ in range(3)]
    clock.now += 2 * thread_pools.QUEUE_SECONDS
    pools.cancel_overdue()
    gate.set()
    assert [one.result(60) for one in waiting] == [True] * 3


def test_waiting_threads_let_others_compute(pools: ThreadPools, gate: threading.Event) -> None:
    """More threads than may compute wait in places, and another one computes meanwhile."""
    places = Places(20, Overloaded)

    def wait() -> bool:
        with places:
            return gate.wait(60)

    waiting = [pools.submit(RequestKind.OTHER, wait) for _ in range(20)]
    assert pools.submit(RequestKind.OTHER, lambda: "computed").result(60) == "computed"
    wait_until(lambda: places.free == 0)
    gate.set()
    assert [one.result(60) for one in waiting] == [True] * 20
    assert places.free == 20


def test_few_threads_compute_at_the_same_time(pools: ThreadPools, gate: threading.Event) -> None:
    """The threads beyond that wait until one of them ends."""
    computing, most = threading.Semaphore(0), 2

    def compute() -> bool:
        computing.release()
        return gate.wait(60)

    running = [pools.submit(RequestKind.OTHER, compute) for _ in range(most + 3)]
    assert all(computing.acquire(timeout=60) for _ in range(most))
    assert not computing.acquire(timeout=0.1)
    gate.set()
    assert [one.result(60) for one in running] == [True] * (most + 3)


def _held(pools: ThreadPools, gate: threading.Event) -> list["Future[bool]"]:
    """Hold all threads for generations."""
    started = threading.Barrier(GENERATIONS + 1)

    def hold() -> bool:
        started.wait(60)
        return gate.wait(60)

    held = [pools.submit(RequestKind.GENERATION, hold) for _ in range(GENERATIONS)]
    started.wait(60)
    return held
