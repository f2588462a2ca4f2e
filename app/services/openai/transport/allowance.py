"""Bound a whole exchange on the network: its time, and the bytes that are read.

The timeouts of an HTTP client apply to each read, so a server that sends a byte at a time could
hold a thread for hours, in the head of a response as well as in its body. Here, the read timeout
of a request is the time limit of the whole exchange.
"""

import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

_MAX_HEAD_BYTES = 64 * 1024  # of the response, and of any number of interim responses before it
_GRACE_SECONDS = 1.0  # for a response that has arrived, but waits for its turn to be read


@dataclass
class Allowance:
    """What an exchange may still use.

    Attributes:
        deadline: on the monotonic clock; None for none.
        bytes_left: of the head, then of the body; below zero, nothing more is read.
    """

    deadline: float | None
    bytes_left: int = _MAX_HEAD_BYTES

    def limit(self, timeout: float | None) -> float | None:
        """Return the timeout of a step, within the deadline; 0 if it has passed."""
        if self.deadline is None:
            return timeout
        left = max(self.deadline - time.monotonic(), 0)
        return left if timeout is None else min(timeout, left)

    def begin_body(self, max_bytes: int) -> None:
        """Allow the body this many bytes, including the framing of its chunks."""
        self.bytes_left = max_bytes
        if self.deadline is not None:
            self.deadline += _GRACE_SECONDS


_current: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


def use(allowance: Allowance) -> None:
    """Let the reads that follow in this thread count for an exchange."""
    _current.set(allowance)


def begin_exchange(request: httpx2.Request) -> None:
    """Start an exchange; an event hook of the client."""
    seconds = request.extensions.get("timeout", {}).get("read")
    allowance = Allowance(None if seconds is None else time.monotonic() + seconds)
    request.extensions["allowance"] = allowance
    use(allowance)


def bound_connections(client: httpx2.Client) -> None:
    """Apply the current allowance to all connections of a client, also those by proxies.

    httpx2 has no parameter for the network backend.
    """
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx2.HTTPTransport):
            pool: Any = transport._pool
            pool._network_backend = _BoundedBackend(pool._network_backend)


class _BoundedBackend(httpcore2.NetworkBackend):
    """Opens connections whose steps are within the current allowance."""

    def __init__(self, inner: httpcore2.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """See NetworkBackend."""
        return _BoundedStream(
            self._inner.connect_tcp(host, port, _limited(timeout), local_address, socket_options)
        )

    def sleep(self, seconds: float) -> None:
        """See NetworkBackend."""
        self._inner.sleep(seconds)


class _BoundedStream(httpcore2.NetworkStream):
    """A connection whose reads and writes are within the current allowance."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See NetworkStream."""
        timeout, allowance = _limited(timeout), _current.get()
        if timeout == 0:
            raise httpcore2.ReadTimeout("deadline")
        if allowance is not None and allowance.bytes_left < 0:
            raise httpcore2.RemoteProtocolError("too many bytes")
        data = self._inner.read(max_bytes, timeout)
        if allowance is not None:
            allowance.bytes_left -= len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See NetworkStream."""
        timeout = _limited(timeout)
        if timeout == 0:
            raise httpcore2.WriteTimeout("deadline")
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        """See NetworkStream."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """See NetworkStream."""
        return _BoundedStream(
            self._inner.start_tls(ssl_context, server_hostname, _limited(timeout))
        )

    def get_extra_info(self, info: str) -> Any:
        """See NetworkStream."""
        return self._inner.get_extra_info(info)


def _limited(timeout: float | None) -> float | None:
    allowance = _current.get()
    return timeout if allowance is None else allowance.limit(timeout)
