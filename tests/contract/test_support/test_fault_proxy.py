"""The proxy of the tests breaks connections between clients and a real server as requested."""

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
    """Run a proxy in front of Redis."""
    with FaultProxy(redis_flushed.host, redis_flushed.port) as proxy:
        yield proxy


@contextlib.contextmanager
def connected(proxy: FaultProxy) -> Iterator[socket.socket]:
    """Connect through the proxy and get one response, so that the server is connected too."""
    with socket.create_connection((proxy.host, proxy.port), timeout=60) as connection:
        ping(connection)
        yield connection


def ping(connection: socket.socket) -> None:
    """Send a command and check its response."""
    connection.sendall(b"PING\r\n")
    assert connection.recv(100) == b"+PONG\r\n"


def client(proxy: FaultProxy, seconds: float = 60) -> Redis:
    """Make the official client, without retries."""
    retry = Retry(NoBackoff(), 0)
    return Redis(host=proxy.host, port=proxy.port, socket_timeout=seconds, retry=retry)


def test_data_passes_unchanged(proxy: FaultProxy) -> None:
    """A large value passes unchanged in both directions."""
    value = bytes(range(256)) * 8_000
    with client(proxy) as redis:
        redis.set("k", value)
        assert redis.get("k") == value


def test_refuse_closes_the_port(proxy: FaultProxy) -> None:
    """Connecting is refused and existing connections are reset, until the proxy is restored."""
    with connected(proxy) as connection:
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((proxy.host, proxy.port), timeout=60)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((proxy.host, proxy.port))
    proxy.restore()
    with connected(proxy):
        pass


def test_black_hole_never_responds(proxy: FaultProxy) -> None:
    """New and existing connections get no response, and are reset when the fault ends."""
    with connected(proxy) as existing:
        proxy.black_hole()
        with socket.create_connection((proxy.host, proxy.port), timeout=60) as fresh:
            for connection in (existing, fresh):
                connection.settimeout(0.1)
                connection.sendall(b"PING\r\n")
                with pytest.raises(TimeoutError):
                    connection.recv(1)
            proxy.restore()
            for connection in (existing, fresh):
                connection.settimeout(60)
                with pytest.raises(ConnectionResetError):
                    connection.recv(1)


def test_reset_closes_all_connections(proxy: FaultProxy) -> None:
    """Existing connections are reset immediately, new ones when they are accepted."""
    with connected(proxy) as existing:
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            existing.recv(1)
    with (
        pytest.raises(ConnectionResetError),
        socket.create_connection((proxy.host, proxy.port), timeout=60) as fresh,
    ):
        fresh.recv(1)


def test_delay_delays_responses(proxy: FaultProxy) -> None:
    """Each response is delayed by at least the given time, also on an existing connection."""
    with connected(proxy) as connection:
        proxy.delay(0.2)
        began = time.monotonic()
        ping(connection)
        assert time.monotonic() - began >= 0.2


def test_cut_after_closes_within_a_response(proxy: FaultProxy) -> None:
    """The given number of bytes arrives, then the connection ends."""
    with connected(proxy) as connection:
        proxy.cut_after(3)
        connection.sendall(b"PING\r\n")
        assert (connection.recv(100), connection.recv(100)) == (b"+PO", b"")


def test_hold_withholds_a_request(proxy: FaultProxy, redis_flushed: RedisServer) -> None:
    """A request with the pattern never arrives, even if sent in pieces; other requests do."""
    with connected(proxy) as held, connected(proxy) as other:
        proxy.hold_at(b"SET k", forward=False)
        for piece in (b"SE", b"T ", b"k v\r\n"):
            held.sendall(piece)
            time.sleep(0.01)  # so that the pieces are usually sent separately
        proxy.wait_until_held()
        ping(other)
        held.sendall(b"SET k w\r\n")
        held.settimeout(0.1)
        with pytest.raises(TimeoutError):
            held.recv(1)
        with Redis.from_url(redis_flushed.url) as redis:
            assert redis.get("k") is None
        proxy.restore()
        held.settimeout(60)
        with pytest.raises(ConnectionResetError):
            held.recv(1)
    with Redis.from_url(redis_flushed.url) as redis:
        assert redis.get("k") is None


def test_hold_withholds_a_response(proxy: FaultProxy, redis_flushed: RedisServer) -> None:
    """With `forward` the request is carried out and its response is held; others arrive."""
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


def test_waiting_for_a_held_request_times_out(proxy: FaultProxy) -> None:
    """If no request contains the pattern, waiting for it ends with an error."""
    proxy.hold_at(b"SET k", forward=False)
    with connected(proxy), pytest.raises(TimeoutError, match="SET k"):
        proxy.wait_until_held(timeout=0.1)


def test_the_official_client_gets_each_fault_and_recovers(proxy: FaultProxy) -> None:
    """Each fault raises one of the client's own errors; afterwards the client works again."""
    with client(proxy) as redis, client(proxy, seconds=0.2) as hurried:
        redis.set("k", "v")
        for fault in (proxy.refuse, proxy.reset, proxy.black_hole):
            fault()
            with pytest.raises((RedisConnectionError, RedisTimeoutError)):
                hurried.get("k")
            proxy.restore()
            with contextlib.suppress(RedisConnectionError):  # on the connection that was reset
                redis.ping()
            assert redis.get("k") == b"v"


def test_without_a_target_connections_are_reset() -> None:
    """If nothing listens behind the proxy, a connection is reset."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with (
            FaultProxy(*unused.getsockname()) as proxy,
            pytest.raises(ConnectionResetError),
            socket.create_connection((proxy.host, proxy.port), timeout=60) as connection,
        ):
            connection.recv(1)


def test_closing_leaves_nothing_running(redis_flushed: RedisServer) -> None:
    """After the block nothing listens and no thread is left, even if connections were open."""
    with (
        FaultProxy(redis_flushed.host, redis_flushed.port) as proxy,
        connected(proxy) as connection,
        connected(proxy),
    ):
        connection.sendall(b"PING\r\n")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((proxy.host, proxy.port), timeout=60)
    assert f"fault-proxy-{proxy.port}" not in {thread.name for thread in threading.enumerate()}
