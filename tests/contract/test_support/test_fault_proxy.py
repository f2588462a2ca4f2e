"""The proxy between clients and servers breaks connections exactly as told."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from tests.support.servers.databases import RedisServer
from tests.support.servers.fault_proxy import FaultProxy


@pytest.fixture
def proxy(redis_flushed: RedisServer) -> Iterator[FaultProxy]:
    """Stand between the test and Redis."""
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        yield proxy


@contextlib.contextmanager
def connected(proxy: FaultProxy) -> Iterator[socket.socket]:
    """Connect through the proxy and have one answer, so that the whole way exists."""
    with socket.create_connection((proxy.host, proxy.port), timeout=2) as connection:
        ping(connection)
        yield connection


def ping(connection: socket.socket) -> None:
    """Send a command and check its answer."""
    connection.sendall(b"PING\r\n")
    assert connection.recv(100) == b"+PONG\r\n"


def client(proxy: FaultProxy) -> Redis:
    """Make the official client, without retries and with little patience."""
    retry = Retry(NoBackoff(), 0)
    return Redis(host=proxy.host, port=proxy.port, socket_timeout=0.2, retry=retry)


def test_everything_passes(proxy: FaultProxy) -> None:
    """A large value goes through unchanged in both directions."""
    value = bytes(range(256)) * 8_000
    with client(proxy) as redis:
        redis.set("k", value)
        assert redis.get("k") == value


def test_refuse_closes_the_port(proxy: FaultProxy) -> None:
    """Connecting is refused, existing connections are reset, and the port comes back."""
    with connected(proxy) as connection:
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((proxy.host, proxy.port), timeout=2)
    proxy.restore()
    with connected(proxy):
        pass


def test_black_hole_swallows(proxy: FaultProxy) -> None:
    """New and existing connections are never answered, and are reset when it ends."""
    with connected(proxy) as existing:
        proxy.black_hole()
        with socket.create_connection((proxy.host, proxy.port), timeout=2) as fresh:
            for connection in (existing, fresh):
                connection.settimeout(0.1)
                connection.sendall(b"PING\r\n")
                with pytest.raises(TimeoutError):
                    connection.recv(1)
            proxy.restore()
            for connection in (existing, fresh):
                with pytest.raises(ConnectionResetError):
                    connection.recv(1)


def test_reset_resets(proxy: FaultProxy) -> None:
    """Existing connections are reset at once, new ones as soon as they are accepted."""
    with connected(proxy) as existing:
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            existing.recv(1)
    with (
        pytest.raises(ConnectionResetError),
        socket.create_connection((proxy.host, proxy.port), timeout=2) as fresh,
    ):
        fresh.recv(1)


def test_delay_holds_answers_back(proxy: FaultProxy) -> None:
    """Each answer comes so much later, also on an existing connection."""
    with connected(proxy) as connection:
        proxy.delay(0.2)
        began = time.monotonic()
        ping(connection)
        assert 0.2 <= time.monotonic() - began < 1


def test_cut_after_ends_in_the_middle(proxy: FaultProxy) -> None:
    """The promised part of an answer arrives, then the connection ends."""
    with connected(proxy) as connection:
        proxy.cut_after(3)
        connection.sendall(b"PING\r\n")
        assert (connection.recv(100), connection.recv(100)) == (b"+PO", b"")


def test_hold_withholds_a_request(proxy: FaultProxy, redis_flushed: RedisServer) -> None:
    """The request with the pattern never arrives, however it is cut in pieces; others do."""
    with connected(proxy) as held, connected(proxy) as other:
        proxy.hold_at(b"SET k", forward=False)
        for piece in (b"SE", b"T ", b"k v\r\n"):
            held.sendall(piece)
            time.sleep(0.01)  # so that the pieces travel one by one
        proxy.wait_until_held()
        ping(other)
        held.sendall(b"SET k w\r\n")
        held.settimeout(0.1)
        with pytest.raises(TimeoutError):
            held.recv(1)
        with Redis.from_url(redis_flushed.url) as redis:
            assert redis.get("k") is None
        proxy.restore()
        with pytest.raises(ConnectionResetError):
            held.recv(1)
    with Redis.from_url(redis_flushed.url) as redis:
        assert redis.get("k") is None


def test_hold_withholds_an_answer(proxy: FaultProxy, redis_flushed: RedisServer) -> None:
    """With `forward` the request is carried out, and its answer does not come; others do."""
    with connected(proxy) as held, connected(proxy) as other:
        proxy.hold_at(b"SET k", forward=True)
        ping(held)
        held.sendall(b"SET k v\r\n")
        proxy.wait_until_held()
        ping(other)
        held.settimeout(0.1)
        with pytest.raises(TimeoutError):
            held.recv(1)
    with Redis.from_url(redis_flushed.url) as redis:
        assert redis.get("k") == b"v"


def test_nothing_held_is_reported(proxy: FaultProxy) -> None:
    """Waiting for a request that never comes ends with an error."""
    proxy.hold_at(b"SET k", forward=False)
    with connected(proxy), pytest.raises(TimeoutError, match="SET k"):
        proxy.wait_until_held(timeout=0.1)


def test_the_official_client_sees_each_fault_and_recovers(proxy: FaultProxy) -> None:
    """Each fault is an error of the client's own, and after it all is well again."""
    with client(proxy) as redis:
        redis.set("k", "v")
        for fault in (proxy.refuse, proxy.reset, proxy.black_hole):
            fault()
            with pytest.raises((RedisConnectionError, RedisTimeoutError)):
                redis.get("k")
            proxy.restore()
            assert redis.get("k") == b"v"


def test_a_missing_target_is_a_reset() -> None:
    """When nothing listens behind the proxy, a connection is reset."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with (
            FaultProxy(*unused.getsockname()) as proxy,
            pytest.raises(ConnectionResetError),
            socket.create_connection((proxy.host, proxy.port), timeout=2) as connection,
        ):
            connection.recv(1)


def test_leaving_ends_everything(redis_flushed: RedisServer) -> None:
    """After the block nothing listens and no thread is left, whatever was still open."""
    with (
        FaultProxy(redis_flushed.host, redis_flushed.port) as proxy,
        connected(proxy) as connection,
        connected(proxy),
    ):
        connection.sendall(b"PING\r\n")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((proxy.host, proxy.port), timeout=2)
    assert f"fault-proxy-{proxy.port}" not in {thread.name for thread in threading.enumerate()}
