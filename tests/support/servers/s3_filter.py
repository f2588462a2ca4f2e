"""A proxy in front of an S3 server that refuses chosen requests.

All other requests reach the real server unchanged, which checks their signatures.
"""

import contextlib
import http.client
import ssl
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.servers.free_ports import HOST
from tests.support.servers.s3_refusals import PROFILES, Refusal, S3Request
from tests.support.servers.seaweedfs import S3Server

_HOP_HEADERS = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class S3Filter:
    """Forwards requests to an S3 server, apart from those that it refuses.

    The header Host is forwarded too, so signatures stay valid. `requests` has all requests, refused
    or not.
    """

    def __init__(
        self,
        host: str,
        port: int,
        refusals: tuple[Refusal, ...] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.refusals = refusals
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
        if refusal is not None:
            self._refuse(refusal)
        else:
            self._forward(request)

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

    def _refuse(self, refusal: Refusal) -> None:
        body = f"<Error><Code>{refusal.code}</Code></Error>".encode() if refusal.code else b""
        self._send(refusal.status, {"Content-Type": "application/xml"}, body)

    def _forward(self, request: S3Request) -> None:
        headers = {name: text for name, text in request.headers.items() if name not in _HOP_HEADERS}
        # A client that uses this as a forward proxy sends whole URLs.
        parts = urlsplit(request.target)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if request.body or request.method in {"PUT", "POST"}:
            headers["content-length"] = str(len(request.body))
        self._upstream.request(request.method, target, body=request.body or None, headers=headers)
        with self._upstream.getresponse() as response:
            kept = {
                name: text
                for name, text in response.getheaders()
                if name.lower() not in _HOP_HEADERS
            }
            length = response.getheader("Content-Length") if request.method == "HEAD" else None
            self._send(response.status, kept, response.read(), length=length)

    def _send(
        self, status: int, headers: Mapping[str, str], body: bytes, *, length: str | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""
