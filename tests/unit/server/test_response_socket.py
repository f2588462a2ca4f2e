"""Responses to clients that read slowly: kept, sent later, and given up in time."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.http import sse
from app.server.response_socket import (
    GRACE_SECONDS,
    MIN_BYTES_PER_SECOND,
    ResponseSocket,
    slowest_over,
)

_BODY = bytes(range(256)) * 4 * 1024  # 1 MiB, more than the kernel buffers
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: "


class Seconds:
    """A clock that advances by `step` when it is read, and otherwise on request."""

    def __init__(self) -> None:
        self.now, self.step = 1000.0, 0.0

    def __call__(self) -> float:
        """Return the time."""
        self.now += self.step
        return self.now


@contextmanager
def connected(clock: Seconds) -> Iterator[tuple[ResponseSocket, socket.socket]]:
    """Yield a server's socket, and that of its client."""
    accepted, client = socket.socketpair()
    with ResponseSocket(accepted, monotonic=clock) as server, client:
        yield server, client


@pytest.fixture
def clock() -> Seconds:
    """Create a clock."""
    return Seconds()


@pytest.fixture
def pair(clock: Seconds) -> Iterator[tuple[ResponseSocket, socket.socket]]:
    """Connect a server and a client."""
    with connected(clock) as made:
        yield made


def read(server: ResponseSocket, client: socket.socket, count: int) -> bytes:
    """Read this many bytes, while the server sends what fits."""
    received = b""
    while len(received) < count:
        server.send_more()
        received += client.recv(count - len(received))
    return received


def test_response_is_kept_and_sent_in_order(pair: tuple[ResponseSocket, socket.socket]) -> None:
    """Sending returns before the client reads; nothing is lost, doubled or out of order."""
    server, client = pair
    server.sendall(_HEAD + b"image/png\r\n\r\n")
    server.sendall(_BODY)
    server.sendall(b"end")
    assert server.has_unsent
    whole = _HEAD + b"image/png\r\n\r\n" + _BODY + b"end"
    assert read(server, client, len(whole)) == whole
    assert server.send_more()
    assert not server.has_unsent


def test_small_response_keeps_nothing(pair: tuple[ResponseSocket, socket.socket]) -> None:
    """A response that the kernel takes is sent immediately."""
    server, client = pair
    server.sendall(_HEAD)
    assert not server.has_unsent
    assert client.recv(1000) == _HEAD


def test_body_is_kept_without_a_copy(pair: tuple[ResponseSocket, socket.socket]) -> None:
    """Many clients that read the same cached image slowly occupy the memory of one."""
    server, _ = pair
    server.sendall(_BODY)
    assert [one is _BODY for one in server.kept_objects()] == [True]


def test_client_has_a_time_by_what_it_reads(
    pair: tuple[ResponseSocket, socket.socket], clock: Seconds
) -> None:
    """Ten seconds for nothing, and a second more for each 16 kB."""
    server, client = pair
    server.sendall(_BODY)
    assert server.seconds_left() == GRACE_SECONDS
    clock.now += GRACE_SECONDS
    assert server.seconds_left() <= 0
    read(server, client, len(_BODY) // 2)
    server.send_more()
    assert server.seconds_left() > 0
    clock.now += len(_BODY) / MIN_BYTES_PER_SECOND
    assert server.seconds_left() <= 0


def test_next_response_has_a_time_of_its_own(
    pair: tuple[ResponseSocket, socket.socket], clock: Seconds
) -> None:
    """The time of a response doesn't depend on the one before."""
    server, client = pair
    server.sendall(_BODY)
    read(server, client, len(_BODY))
    server.send_more()
    clock.now += 3600
    server.begin_response()
    server.sendall(_BODY)
    assert server.seconds_left() == GRACE_SECONDS


def test_stream_waits_for_its_client(
    pair: tuple[ResponseSocket, socket.socket], clock: Seconds
) -> None:
    """An event is sent before the next one, or else the stream ends: none is kept."""
    server, _ = pair
    server.sendall(_HEAD + sse.CONTENT_TYPE.encode() + b"\r\n\r\n")
    clock.step = GRACE_SECONDS
    with pytest.raises(ConnectionResetError):
        server.sendall(_BODY)


def test_broken_connection_raises(pair: tuple[ResponseSocket, socket.socket]) -> None:
    """A client that has gone is noticed when the rest is sent."""
    server, client = pair
    server.sendall(_BODY)
    client.close()
    with pytest.raises(OSError, match=r".*"):
        server.send_more()


def test_slowest_client_is_closed_first(clock: Seconds) -> None:
    """Over the cap the slowest goes; an object that two clients share counts once."""
    other = bytes(len(_BODY))
    with connected(clock) as first, connected(clock) as second, connected(clock) as third:
        for (server, _), body in zip((first, second, third), (_BODY, _BODY, other), strict=True):
            server.sendall(body)
        clock.now += 1
        read(*first, 600_000)
        read(*third, 400_000)
        servers = [server for server, _ in (second, third, first)]
        assert slowest_over(2 * len(_BODY), servers) == []
        assert slowest_over(len(_BODY), servers) == [third[0]]
        assert slowest_over(len(_BODY) - 1, servers) == [first[0], third[0], second[0]]
