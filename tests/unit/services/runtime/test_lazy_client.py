import time

import pytest

from app.services.runtime.lazy_client import LazyClient
from tests.support.concurrency.threads import at_once
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
    """Knows whether it was closed."""

    closed = False

    def close(self) -> None:
        """Be closed."""
        self.closed = True


def test_nothing_is_made_before_it_is_needed() -> None:
    """Building a part opens no connection."""
    made: list[FakeClient] = []

    def make() -> FakeClient:
        made.append(FakeClient())
        return made[-1]

    client = LazyClient(make)
    assert made == []
    assert client() is client() is made[0]
    assert len(made) == 1


def test_twenty_threads_get_one_client() -> None:
    """Threads that need the client at the same moment share the one that is made."""

    def make() -> FakeClient:
        time.sleep(0.05)  # so that all threads come while it is being made
        return FakeClient()

    client = LazyClient(make)
    assert len(set(at_once(20, lambda _: client()))) == 1


def test_a_forked_child_makes_its_own() -> None:
    """A worker process neither uses nor closes the connection of its parent, which keeps it."""
    assert python_process.run(FORK).split() == ["0", "True"]


def test_a_client_that_could_not_be_made_is_tried_again() -> None:
    """A failure is the caller's to handle, and the next call makes the client."""
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


def test_a_closed_client_is_let_go_of_once() -> None:
    """Closing closes the client that there is, does nothing without one, and a use makes anew."""
    client = LazyClient(FakeClient)
    client.close()
    first = client()
    client.close()
    assert first.closed
    assert client() is not first
    assert not client().closed
