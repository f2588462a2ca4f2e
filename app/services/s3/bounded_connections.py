"""Connections to S3 that obey the deadlines of `runtime.timing`, also in the SDK."""

import socket
import ssl
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPSConnection
from botocore.awsrequest import AWSHTTPConnectionPool as SdkPool
from botocore.awsrequest import AWSHTTPSConnectionPool as SdkTlsPool
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from app.services.runtime.timing import seconds_left


def bound_sdk(client: Any) -> None:
    """Apply the deadlines to all connections of an SDK's client, also those by proxies.

    The SDK has no parameter for the classes of connections.
    """
    client._endpoint.http_session._pool_classes_by_scheme.update(http=_SdkPool, https=_SdkTlsPool)


def _limit(sock: socket.socket) -> None:
    """Let the next step on the socket take no longer than the call may.

    Clients set the timeout again for each request.
    """
    left, timeout = seconds_left(), sock.gettimeout()
    if left is None:
        return
    if left <= 0:
        raise TimeoutError("the deadline of the call has passed")
    if timeout is None or left < timeout:
        sock.settimeout(left)


class _Socket(socket.socket):
    def recv_into(self, *args: Any, **options: Any) -> int:
        _limit(self)
        return super().recv_into(*args, **options)

    def sendall(self, *args: Any) -> None:
        _limit(self)
        super().sendall(*args)


class _TlsSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **options: Any) -> int:
        _limit(self)
        return super().recv_into(*args, **options)

    def send(self, *args: Any) -> int:  # which sendall calls
        _limit(self)
        return super().send(*args)


class _Bounded:
    """Connects by sockets that obey the deadlines; for connections of urllib3."""

    timeout: float | None
    ssl_context: ssl.SSLContext | None = None

    def connect(self) -> None:
        if self.ssl_context is not None:
            self.ssl_context.sslsocket_class = _TlsSocket
        super().connect()  # type: ignore[misc]  # reason: the other base class has it

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]  # reason: as above
        timeout = sock.gettimeout()
        bounded = _Socket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        bounded.settimeout(timeout)
        return bounded


class _Connection(_Bounded, HTTPConnection):
    pass


class _TlsConnection(_Bounded, HTTPSConnection):
    pass


class _SdkConnection(_Bounded, AWSHTTPConnection):  # type: ignore[misc]  # reason: no types
    pass


class _SdkTlsConnection(_Bounded, AWSHTTPSConnection):  # type: ignore[misc]  # reason: no types
    pass


class BoundedPool(HTTPConnectionPool):
    """Connections that obey the deadlines."""

    ConnectionCls = _Connection


class BoundedTlsPool(HTTPSConnectionPool):
    """Connections with TLS that obey the deadlines; they need an `ssl_context`."""

    ConnectionCls = _TlsConnection


class _SdkPool(SdkPool):  # type: ignore[misc]  # reason: the SDK has no types
    ConnectionCls = _SdkConnection


class _SdkTlsPool(SdkTlsPool):  # type: ignore[misc]  # reason: the SDK has no types
    ConnectionCls = _SdkTlsConnection
