"""The worker's event loop: a burst of requests delays no health check."""

import os
import selectors
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, nullcontext
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from app.http.request_kinds import RequestKind
from app.server import holding_worker
from app.server.error_responses import ErrorSender
from app.server.gthread_worker import Worker

BURST = 20


class Threads:
    """Stands in for the threads: records the requests, and handles none."""

    def __init__(self) -> None:
        self.submitted: list[RequestKind] = []
        self.connections: list[Any] = []
        self.full = False

    def is_full(self, kind: RequestKind) -> bool:
        """Return whether there is no thread."""
        return self.full and kind is RequestKind.OTHER

    def submit(self, kind: RequestKind, _: Any, connection: Any) -> "Future[bool]":
        """Record a request."""
        self.submitted.append(kind)
        self.connections.append(connection)
        return Future()

    def paused(self) -> Any:
        """Pause nothing."""
        return nullcontext()

    def cancel_overdue(self) -> None:
        """Cancel nothing."""


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Make a worker with a listening socket, whose loop does not run."""
    config = Config()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        made = Worker(1, os.getppid(), [listener], None, 30, config, Logger(config))
        made.tpool, made.poller = Threads(), selectors.DefaultSelector()
        made.handle_error = ErrorSender(lambda _origin: ())
        made.method_queue.init()
        with closing(made.poller), closing(made.method_queue), closing(made.tmp):
            yield made
            for connection in made.tpool.connections:
                connection.close()


def request(worker: Worker, path: str, header: str = "Accept: */*") -> socket.socket:
    """Send a request to the worker."""
    client = socket.create_connection(worker.sockets[0].getsockname())
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
    return client


def accept_all(worker: Worker, count: int) -> None:
    """Let the worker accept connections until it has this many."""
    poll = selectors.DefaultSelector()
    poll.register(worker.sockets[0], selectors.EVENT_READ)
    with closing(poll):
        while worker.nr_conns < count:
            assert poll.select(60)
            worker.accept(worker.sockets[0])


def test_a_health_check_goes_before_a_burst(worker: Worker) -> None:
    """It is handled while the connections are accepted; the others follow in their order."""
    with ExitStack() as clients:
        for path in [*["/images"] * BURST, "/healthz", "/readyz"]:
            clients.enter_context(request(worker, path))
        accept_all(worker, BURST + 2)
        assert worker.tpool.submitted == [RequestKind.HEALTH]
        while len(worker.tpool.submitted) < BURST + 2:
            worker.wait_for_and_dispatch_events(0)
    others = [RequestKind.OTHER] * BURST + [RequestKind.READINESS]
    assert worker.tpool.submitted == [RequestKind.HEALTH, *others]


def test_a_request_that_arrives_after_the_connection_is_waited_for(worker: Worker) -> None:
    """It may be a health check, so it does not wait behind the burst until it is looked at."""
    with ExitStack() as clients:
        for _ in range(BURST):
            clients.enter_context(request(worker, "/images"))
        address = worker.sockets[0].getsockname()
        clients.enter_context(socket.create_connection(address))
        accept_all(worker, BURST + 1)
        assert len(worker.receiving()) == 1
        while len(worker.tpool.submitted) < BURST:
            worker.wait_for_and_dispatch_events(0)
        for connection in worker.receiving():
            connection.close()


def test_a_connection_that_was_reset_before_it_is_accepted_ends(worker: Worker) -> None:
    """The worker keeps nothing of it, whether its request was complete or not."""
    reset = struct.pack("ii", 1, 0)
    for path in ("/images", "/healthz"):
        with request(worker, path) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    accept_all(worker, 1)
    while worker.nr_conns > len(worker.tpool.connections):
        worker.wait_for_and_dispatch_events(1)


def test_a_request_without_a_thread_is_refused_and_closed(worker: Worker) -> None:
    """The client gets the whole response, and the worker keeps no connection."""
    worker.tpool.full = True
    with request(worker, "/images", "Connection: close") as client:
        accept_all(worker, 1)
        worker.wait_for_and_dispatch_events(0)
        client.settimeout(60)
        response = read_all(client)
    assert response.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 2\r\n" in response
    assert (worker.nr_conns, worker.tpool.submitted) == (0, [])


def test_a_client_that_sends_more_requests_reads_the_refusal_of_the_first(worker: Worker) -> None:
    """What it sent after that is discarded, because a close with unread data is a reset."""
    worker.tpool.full = True
    with request(worker, "/images") as client:
        accept_all(worker, 1)
        client.sendall(b"GET /images HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        worker.wait_for_and_dispatch_events(0)
        client.settimeout(60)
        assert read_all(client).startswith(b"HTTP/1.1 503 ")
        client.shutdown(socket.SHUT_WR)
        while worker.nr_conns:
            worker.wait_for_and_dispatch_events(1)
    assert worker.tpool.submitted == []


def test_a_client_that_never_stops_sending_is_cut_off(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of bytes that are discarded after a refusal has a limit."""
    monkeypatch.setattr(holding_worker, "_MAX_DISCARDED_BYTES", 1000)
    worker.tpool.full = True
    with request(worker, "/images") as client:
        accept_all(worker, 1)
        worker.wait_for_and_dispatch_events(0)
        client.sendall(b"x" * 1001)
        while worker.nr_conns:
            worker.wait_for_and_dispatch_events(1)


def test_a_client_that_goes_on_sending_is_not_reset(worker: Worker) -> None:
    """It reads the refusal only after its request; below the rate of an upload it is cut off."""
    worker.tpool.full = True
    with request(worker, "/images") as client:
        accept_all(worker, 1)
        worker.wait_for_and_dispatch_events(0)
        (held,) = worker._held
        refused_at, held.deadline = held.closing_since, 0.0
        client.sendall(b"x" * 100_000)
        while held.discarded_bytes < 100_000:
            worker.wait_for_and_dispatch_events(1)
        assert refused_at + 2 <= held.deadline <= refused_at + 4
        held.closing_since -= 60
        client.sendall(b"x")
        while held.discarded_bytes < 100_001:
            worker.wait_for_and_dispatch_events(1)
        worker.murder_pending()
    assert worker.nr_conns == 0


def read_all(client: socket.socket) -> bytes:
    """Return what the server sends until it closes its side."""
    received = b""
    while data := client.recv(65536):
        received += data
    return received
