import time

import pytest

from app.services.runtime.lazy_client import LazyClient
from tests.support.concurrency.threads import in_threads
from tests.support.servers import python_process

FORK = """
import os
from app.services.runtime.lazy_client import LazyClient

class Client:
    def __init__(self):
        self.pid, self.closed = os.getpid(), False

    def close(self):
        self.closed = True

used, closed = LazyClient(Client), LazyClient(Client)
mine = used(), closed()
child = os.fork()
if child == 0:
    closed.close()
    own = used(), closed()
    ok = own == (used(), closed()) and all(client.pid == os.getpid() for client in own)
    os._exit(0 if ok and not mine[1].closed else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, (used(), closed()) == mine)
"""


class FakeClient:
    """A client that records whether it was closed."""

    closed = False

    def close(self) -> None:
        """Record the call."""
        self.closed = True


def test_no_client_is_made_before_its_first_use() -> None:
    """Creating the lazy client opens no connection."""
    made: list[FakeClient] = []

    def make() -> FakeClient:
        made.append(FakeClient())
        return made[-1]

    client = LazyClient(make)
    assert made == []
    assert client() is client() is made[0]
    assert len(made) == 1


def test_twenty_threads_get_one_client() -> None:
    """Threads that need the client at the same moment share a single one."""

    def make() -> FakeClient:
        time.sleep(0.05)  # so that all threads arrive while it is being made
        return FakeClient()

    client = LazyClient(make)
    assert len(set(in_threads(20, lambda _: client()))) == 1


def test_a_forked_child_makes_its_own() -> None:
    """A forked worker neither uses nor closes its parent's connection."""
    assert python_process.run(FORK).split() == ["0", "True"]


def test_a_failed_creation_is_tried_again() -> None:
    """The failure is raised to the caller, and the next call creates the client."""
    up = False

    def make() -> FakeClient:
        if not up:
            raise ConnectionError
        return FakeClient()

    client = LazyClient(make)
    with pytest.raises(ConnectionError):
        client()
    up = True
    assert isinstance(client(), FakeClient)


def test_a_client_is_closed_once() -> None:
    """Closing closes an existing client once, and the next use creates another."""
    client = LazyClient(FakeClient)
    client.close()
    first = client()
    client.close()
    assert first.closed
    assert client() is not first
    assert not client().closed
