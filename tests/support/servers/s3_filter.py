"""A proxy in front of an S3 server that refuses chosen requests, or answers them incorrectly.

All other requests reach the real server unchanged, which checks their signatures.
"""

import contextlib
import http.client
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.servers.free_ports import HOST
from tests.support.servers.s3_refusals import PROFILES, Refusal, S3Request
from tests.support.servers.seaweedfs import S3Server

_HOP_HEADERS = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class S3Reply:
    """A response; names of headers are in lower case.

    `length` is the stated Content-Length, if it is not that of the body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    length: str | None = None


@dataclass(frozen=True)
class Lie:
    """Which requests get an incorrect response, which is made with the means to forward them."""

    applies: Callable[[S3Request], bool]
    reply: Callable[[S3Request, Callable[[S3Request], S3Reply]], S3Reply]


class S3Filter:
    """Forwards requests to an S3 server, apart from those that it refuses.

    The header Host is forwarded too, so signatures stay valid. `requests` has all requests, refused
    or not. The first of `lies` that applies makes the response to a request.
    """

    def __init__(
        self,
        host: str,
        port: int,
        refusals: tuple[Refusal, ...] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.refusals = refusals
        self.lies: tuple[Lie, ...] = ()
        self.requests: list[S3Request] = []
        self.upstream = (host, port)
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer((HOST, 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.host, self.port = HOST, self._server.server_port
        self.url = f"{'https' if tls else 'http'}://{self.host}:{self.port}"

    def refusal_of(self, request: S3Request) -> Refusal | None:
        """Return the first refusal that applies."""
        return next((one for one in self.refusals if one.applies(request)), None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextlib.contextmanager
def s3_filter(
    server: S3Server, profile: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[S3Filter]:
    """Run a filter with the refusals of a profile, or none, in front of a server."""
    refusals = PROFILES[profile] if profile else ()
    with S3Filter(server.host, server.port, refusals, tls) as made:
        yield made


class _Handler(BaseHTTPRequestHandler):
    """Serves one connection of a client, with one connection to the server."""

    protocol_version = "HTTP/1.1"
    proxy: S3Filter

    def setup(self) -> None:
        super().setup()
        self._upstream = http.client.HTTPConnection(*self.proxy.upstream, timeout=60)

    def finish(self) -> None:
        self._upstream.close()
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            super().handle()

    def _respond(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = S3Request(self.command, self.path, headers, self._read_body(headers))
        self.proxy.requests.append(request)
        refusal = self.proxy.refusal_of(request)
        lie = next((one for one in self.proxy.lies if one.applies(request)), None)
        if refusal is not None:
            self._send(_reply_of(refusal))
        elif lie is not None:
            self._send(lie.reply(request, self._forward))
        else:
            self._send(self._forward(request))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _respond  # noqa: N815 - reason: the base class looks for these names

    def _read_body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _forward(self, request: S3Request) -> S3Reply:
        headers = {name: text for name, text in request.headers.items() if name not in _HOP_HEADERS}
        # A client that uses this as a forward proxy sends whole URLs.
        parts = urlsplit(request.target)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if request.body or request.method in {"PUT", "POST"}:
            headers["content-length"] = str(len(request.body))
        self._upstream.request(request.method, target, body=request.body or None, headers=headers)
        with self._upstream.getresponse() as response:
            received = {name.lower(): text for name, text in response.getheaders()}
            length = received.get("content-length") if request.method == "HEAD" else None
            kept = {name: text for name, text in received.items() if name not in _HOP_HEADERS}
            return S3Reply(response.status, kept, response.read(), length)

    def _send(self, reply: S3Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        length = reply.length or str(len(reply.body))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
            self.close_connection = self.close_connection or length != str(len(reply.body))

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


def _reply_of(refusal: Refusal) -> S3Reply:
    body = f"<Error><Code>{refusal.code}</Code></Error>".encode() if refusal.code else b""
    return S3Reply(refusal.status, {"content-type": "application/xml"}, body)
