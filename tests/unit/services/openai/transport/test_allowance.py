"""Exchanges that a server draws out, on its connection."""

import contextlib
import ssl
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

import httpcore2
import httpx2
import pytest

from app.services.openai.transport import allowance
from app.services.openai.transport.allowance import Allowance, bound_connections
from app.services.openai.transport.bounded_body import bound_body
from app.services.openai.transport.http_client import bounded_client
from tests.attacks import Observe, attack
from tests.support.servers.canned_response import canned_server
from tests.support.servers.free_ports import HOST, free_port

PASSED, FAR = -1.0, 1e12


class Network(httpcore2.NetworkBackend, httpcore2.NetworkStream):
    """A connection that sends the same bytes without end, and notes the timeouts of its steps."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.timeouts: list[float | None] = []
        self.bytes_read = 0

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - reason: the interface
        port: int,  # noqa: ARG002 - reason: the interface
        timeout: float | None = None,
        *_: Any,
    ) -> "Network":
        """See NetworkBackend."""
        self.timeouts.append(timeout)
        return self

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002 - reason: the interface
        server_hostname: str | None = None,  # noqa: ARG002 - reason: the interface
        timeout: float | None = None,
    ) -> "Network":
        """See NetworkStream."""
        self.timeouts.append(timeout)
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See NetworkStream."""
        self.timeouts.append(timeout)
        self.bytes_read += len(self.data[:max_bytes])
        return self.data[:max_bytes]

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - reason: the interface
        """See NetworkStream."""
        self.timeouts.append(timeout)

    def close(self) -> None:
        """See NetworkStream."""

    def get_extra_info(self, info: str) -> Any:  # noqa: ARG002 - reason: the interface
        """See NetworkStream."""
        return None


@contextlib.contextmanager
def client_on(network: Network) -> Iterator[httpx2.Client]:
    """Return a client whose connections end in this network."""
    with httpx2.Client(
        event_hooks={"request": [allowance.begin_exchange], "response": [bound_body]}
    ) as client:
        transport: Any = client._transport
        transport._pool._network_backend = network
        bound_connections(client)
        yield client


def exchange(network: Network, timeout: float | None) -> None:
    """Request something, in a context of its own."""

    def request() -> None:
        with client_on(network) as client:
            client.get("http://api.test/v1/moderations", timeout=timeout)

    copy_context().run(request)


def test_every_step_has_the_time_that_is_left() -> None:
    """Connecting, writing and reading share one deadline."""
    network = Network(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    exchange(network, 60)
    assert len(network.timeouts) >= 3
    timeouts = [timeout or 0 for timeout in network.timeouts]
    assert timeouts == sorted(timeouts, reverse=True)
    assert all(0 < timeout <= 60 for timeout in timeouts)


def test_without_a_timeout_there_is_no_deadline() -> None:
    """A request that has no read timeout may take any time."""
    network = Network(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    exchange(network, None)
    assert set(network.timeouts) == {None}


ENDLESS_HEADS = {
    "interim responses": b"HTTP/1.1 100 Continue\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
}


@pytest.mark.parametrize("name", ENDLESS_HEADS)
@attack("Interim responses without end", expect="64 KiB read")
def test_endless_head_is_refused(name: str, observe: Observe) -> None:
    """All interim responses count for the head, and none of them resets it."""
    network = Network(ENDLESS_HEADS[name])
    with pytest.raises(httpx2.RemoteProtocolError, match="too many bytes"):
        exchange(network, FAR)
    observe(f"{network.bytes_read // 1024} KiB read")


def test_framing_of_chunks_counts() -> None:
    """Extensions of chunks are no part of the body, and are bounded all the same."""
    chunk = b"1;" + b"x" * 16_000 + b"\r\n \r\n"
    network = Network(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    network_read = network.read

    def read(max_bytes: int, timeout: float | None = None) -> bytes:
        data = network_read(max_bytes, timeout)
        network.data = chunk
        return data

    network.read = read  # type: ignore[method-assign]  # reason: the head comes once
    with pytest.raises(httpx2.RemoteProtocolError, match="too many bytes"):
        exchange(network, FAR)
    assert network.bytes_read < 3 * 1024 * 1024


@pytest.mark.parametrize("step", ["read", "write"])
def test_nothing_happens_after_the_deadline(step: str) -> None:
    """A connection whose time is used up is neither read nor written."""
    network = Network(b"x")
    stream = allowance._BoundedStream(network)

    def run() -> None:
        allowance.use(Allowance(PASSED))
        if step == "read":
            stream.read(1, 60)
        else:
            stream.write(b"x", 60)

    with pytest.raises(httpcore2.TimeoutException):
        copy_context().run(run)
    assert network.timeouts == []


def test_response_that_has_arrived_gets_a_second_more() -> None:
    """It may wait for its turn to be read."""
    exchanged = Allowance(FAR)
    exchanged.begin_body(10)
    assert exchanged.deadline == FAR + 1


@attack("A response that is sent byte by byte", expect="timeout")
@pytest.mark.parametrize("sent", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b""], ids=["in its head", "not"])
def test_head_is_within_the_deadline(sent: bytes, observe: Observe) -> None:
    """Real connections of the service's client have the deadline, too."""
    with (
        canned_server(sent, pause_between_bytes=0.05) as server,
        bounded_client(bound_body, accept_encoding="gzip") as client,
        pytest.raises(httpx2.ReadTimeout),
    ):
        client.get(server.address, timeout=0.2)
    observe("timeout")


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_connections_by_proxies_are_bounded(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each transport of the client opens bounded connections."""
    monkeypatch.setenv(variable, f"http://{HOST}:{free_port()}")
    with bounded_client(bound_body, accept_encoding="gzip") as client:
        transports: list[Any] = [client._transport, *filter(None, client._mounts.values())]
        assert len(transports) >= 2
        for transport in transports:
            assert type(transport._pool._network_backend) is allowance._BoundedBackend
