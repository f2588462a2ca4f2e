"""Requests that the shipped server rejects before the application sees them."""

import json
import socket
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest

from tests.attacks import Observe, attack
from tests.support.servers.gunicorn import TIMEOUT_SECONDS, Gunicorn, gunicorn

_GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
_POST = b"POST /generate-image HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_SMUGGLED = b"GET /images HTTP/1.1\r\nHost: x\r\n\r\n"
REJECTED = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    "an empty line": (b"\r\n\r\n", 400),
    "bare line feeds": (b"GET /healthz HTTP/1.1\nHost: x\n\n", 400),
    "HTTP/3": (b"GET /healthz HTTP/3.0\r\n\r\n", 400),
    "a long address": (b"GET /" + b"x" * 5000, 414),
    "a long query": (b"GET /images?search=" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
    "many fields": (_GET + b"".join(b"X-%d: 1\r\n" % n for n in range(65)) + b"\r\n", 431),
    "a field beyond the limit in a chunked body": (
        _POST + _CHUNKED + b"\r\n2\r\n{}\r\n0\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
        431,
    ),
    "a large field": (_GET + b"X: " + b"x" * 9000 + b"\r\n\r\n", 431),
    "a large head that goes on": (
        _GET + b"".join(b"X: %b\r\n" % (b"x" * 8000) for _ in range(6)),
        431,
    ),
    "a complete head of 60 kB": (
        _GET + b"".join(b"X: %b\r\n" % (b"x" * 7500) for _ in range(8)) + b"\r\n",
        431,
    ),
    "two hosts": (_GET + b"Host: y\r\n\r\n", 400),
    "one host twice": (_GET + b"Host: x\r\n\r\n", 400),
    "a space before the colon": (_GET + b"X : 1\r\n\r\n", 400),
    "a folded line": (_GET + b"X: 1\r\n 2\r\n\r\n", 400),
    "two lengths": (_POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "two lengths in one": (_POST + b"Content-Length: 2, 3\r\n\r\n{}", 400),
    "a negative length": (_POST + b"Content-Length: -2\r\n\r\n{}", 400),
    "a length and chunks": (_POST + b"Content-Length: 5\r\n" + _CHUNKED + b"\r\n0\r\n\r\n", 400),
    "chunked twice": (_POST + _CHUNKED * 2 + b"\r\n0\r\n\r\n", 400),
    "chunks in HTTP/1.0": (_POST.replace(b"1.1", b"1.0") + _CHUNKED + b"\r\n0\r\n\r\n", 400),
    "an unknown coding": (_POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "a chunk of no size": (_POST + _CHUNKED + b"\r\nzz\r\n", 400),
    "a chunk with more than its size": (_POST + _CHUNKED + b"\r\n2\r\n{}}\r\n0\r\n\r\n", 400),
    "a body that is too large": (_POST + b"Content-Length: 65537\r\n\r\n", 413),
    "chunks that are too large": (_POST + _CHUNKED + b"\r\n20000\r\n" + b" " * 70_000, 413),
    "chunks with much around them": (_POST + _CHUNKED + b"\r\n" + b"1\r\n{\r\n" * 200_000, 413),
    "chunks that seem to end": (_POST + _CHUNKED + b"\r\n" + b"4\r\n\r\n\r\n\r\n" * 100_000, 413),
    "an unknown expectation": (_POST + b"Expect: miracles\r\nContent-Length: 2\r\n\r\n", 400),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    """Run the service, which must survive all of this without an error."""
    with gunicorn(tmp_path_factory.mktemp("rejected")) as running:
        yield running
        assert "Worker exiting" not in running.log()
        assert "ERROR" not in running.log()


_CODES = {
    400: "invalid_request",
    413: "request_too_large",
    414: "address_too_long",
    431: "headers_too_large",
}


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(
            sent,
            id=name,
            marks=attack(
                f"{name[0].upper()}{name[1:]}, and a request hidden behind it",
                expect=f"{status} {_CODES[status]}, and no more",
            ),
        )
        for name, (sent, status) in REJECTED.items()
    ],
)
def test_malformed_requests_are_rejected(
    server: Gunicorn, request_bytes: bytes, observe: Observe
) -> None:
    """The response is a JSON error, what follows is not read, and other clients are served."""
    with socket.create_connection(server.address, timeout=TIMEOUT_SECONDS) as client:
        client.sendall(request_bytes)
        client.sendall(_SMUGGLED)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert fields[b"Connection"] == b"close"
    assert fields[b"Access-Control-Allow-Origin"] == b"*"  # a page can read the error
    assert b"Retry-After" in fields[b"Access-Control-Expose-Headers"]
    assert parsedate_to_datetime(fields[b"Date"].decode()).tzinfo
    error = json.loads(body)  # fails if another response follows
    observe(f"{head.split()[1].decode()} {error['code']}, and no more")
    assert sorted(error) == ["code", "message", "request_id", "status"]
    assert f"[{error['request_id']}] {error['code']}" in server.log()
    assert server.get("/healthz").status_code == 200
