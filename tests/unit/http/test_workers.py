"""Threads that draw the candidates of a group, within the limit of concurrent generations."""

import threading
from contextvars import ContextVar
from functools import partial

import pytest

from app.errors import ServiceBusy, ShuttingDown
from app.http.concurrency import ConcurrencyLimit
from tests.support.concurrency.threads import in_threads, wait_until

_value: ContextVar[str] = ContextVar("value", default="")


class Tasks:
    """Counts how many tasks run at the same time; each waits for `together` of them."""

    def __init__(self, together: int) -> None:
        self._together = threading.Barrier(together)
        self._lock = threading.Lock()
        self._running = 0
        self.most = 0

    def __call__(self) -> None:
        """Run one task."""
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        self._together.wait(60)
        with self._lock:
            self._running -= 1


def is_full(limit: ConcurrencyLimit) -> bool:
    """Return whether the limit admits no further generation."""
    try:
        with limit:
            return False
    except ServiceBusy:
        return True


@pytest.mark.parametrize(
    ("limit", "others", "most", "count"),
    [(8, 0, 3, 3), (2, 0, 4, 2), (4, 2, 4, 2), (1, 0, 4, 1), (3, 2, 4, 1), (8, 0, 1, 1)],
)
def test_free_slots_decide_the_number_of_threads(
    limit: int, others: int, most: int, count: int
) -> None:
    """Of what is free a group takes as many as it needs; tasks run side by side in as many."""
    gate, tasks = ConcurrencyLimit(limit), Tasks(count)
    for _ in range(others):
        gate.__enter__()
    with gate, gate.workers(most) as workers:
        assert workers.count == count
        assert is_full(gate) is (limit == others + count)
        workers.run([tasks] * count)
    assert tasks.most == count
    assert gate._active == others


def test_one_thread_works_in_order() -> None:
    """Without a further slot the tasks are done one after the other."""
    limit, done = ConcurrencyLimit(1), list[tuple[int, int]]()

    def task(number: int) -> None:
        done.append((number, threading.get_ident()))

    with limit, limit.workers(4) as workers:
        workers.run([partial(task, number) for number in range(4)])
    assert done == [(number, threading.get_ident()) for number in range(4)]


def test_a_thread_without_a_task_returns_its_slot() -> None:
    """The last task doesn't keep the slots of the others."""
    limit, begun = ConcurrencyLimit(3), threading.Barrier(3)

    def last() -> None:
        begun.wait(60)
        wait_until(lambda: limit._active <= 2)

    with limit, limit.workers(3) as workers:
        workers.run([begun.wait, begun.wait, last])
    assert limit._active == 0


def test_slots_without_a_task_return_before_the_work() -> None:
    """Others can use them while fewer tasks than slots are done."""
    limit, seen = ConcurrencyLimit(4), list[int]()
    with limit, limit.workers(4) as workers:
        workers.run([lambda: seen.append(limit._active)])
    assert seen == [1]


def test_an_error_before_the_work_returns_the_slots() -> None:
    """Such as a budget without room."""
    limit = ConcurrencyLimit(3)
    with pytest.raises(ZeroDivisionError), limit, limit.workers(3):
        raise ZeroDivisionError
    with limit, limit, limit:
        pass


def test_groups_at_the_same_time_end_within_the_limit() -> None:
    """None waits for the slots of another, and together they never exceed the limit."""
    limit, lock = ConcurrencyLimit(4), threading.Lock()
    running, most, admitted = [0], [0], threading.Barrier(4)

    def task() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.001)
        with lock:
            running[0] -= 1

    def group(_: int) -> None:
        with limit:
            admitted.wait(60)
            with limit.workers(4) as workers:
                workers.run([task] * 12)

    in_threads(4, group)
    assert most[0] <= 4
    assert limit._active == 0


def test_a_stop_gives_no_further_threads() -> None:
    """The group that runs keeps its own thread, and learns of the stop."""
    limit = ConcurrencyLimit(4)
    with limit:
        with limit.workers(2) as workers:
            workers.check()
        limit.close()
        with limit.workers(4) as workers:
            assert workers.count == 1
            with pytest.raises(ShuttingDown):
                workers.check()


def test_tasks_see_the_request() -> None:
    """Caller, request id and simulated fault are context variables."""
    limit, seen, together = ConcurrencyLimit(2), list[str](), threading.Barrier(2)

    def task() -> None:
        together.wait(60)
        seen.append(_value.get())

    token = _value.set("this request")
    with limit, limit.workers(2) as workers:
        workers.run([task, task])
    _value.reset(token)
    assert seen == ["this request"] * 2


def test_a_system_without_threads_draws_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tasks are done by the thread of the request, and the slots return."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    limit, done = ConcurrencyLimit(4), list[int]()
    with limit, limit.workers(4) as workers:
        workers.run([partial(done.append, number) for number in range(4)])
    assert done == [0, 1, 2, 3]
    assert limit._active == 0
