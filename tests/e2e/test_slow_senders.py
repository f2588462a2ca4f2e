"""Callers who send slowly, or nothing, or don't hang up, under gunicorn as it is shipped."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

import pytest
from _pytest.mark import ParameterSet

from tests.attacks import Seen, attack
from tests.support.servers.gunicorn import AT_ONCE, SHIPPED, Gunicorn, gunicorn

CROWD = 600  # more than all threads of both workers, and files that the shell allows them
_POST = b"POST /generate-image HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
STARTS = {
    "nothing": b"",
    "part of the head": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-",
    "part of the body": _POST + b'Content-Length: 60000\r\n\r\n{"prompt": "',
    "part of the chunks": _POST + b'Transfer-Encoding: chunked\r\n\r\nfff\r\n{"prompt": "',
    "a body that is too large": _POST + b"Content-Length: 900000000\r\n\r\n{",
    "all, and then no end": _WHOLE,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    """Run the service as it is shipped, from a shell that allows few open files."""
    few = ("sh", "-c", 'ulimit -S -n 256; exec "$@"', "sh")
    with gunicorn(tmp_path_factory.mktemp("slow"), SHIPPED, few) as running:
        yield running


def _crowds() -> list[ParameterSet]:
    what = f"{CROWD} connections that send no more than"
    return [
        pytest.param(
            start, id=name, marks=attack(f"{what}: {name}", expect="others are answered at once")
        )
        for name, start in STARTS.items()
    ]


@pytest.mark.parametrize("start", _crowds())
def test_a_crowd_of_slow_senders_holds_nobody_up(
    server: Gunicorn, start: bytes, seen: Seen
) -> None:
    """However slowly six hundred connections send, others are answered at once, images too."""
    with _crowd(server, start):
        began = time.monotonic()
        assert {server.get("/healthz").status_code for _ in range(20)} == {200}
        assert server.generate().status_code == 200
        in_time = time.monotonic() - began < AT_ONCE
        seen("others are answered at once" if in_time else "others have to wait")


@attack("A head that comes a byte at a time", expect="408 request_timeout after ten seconds")
def test_who_is_too_slow_is_cut_off(server: Gunicorn, seen: Seen) -> None:
    """A head has ten seconds, however often a byte of it comes, and then the caller is told so."""
    began = time.monotonic()
    with _connection(server) as silent, _connection(server) as slow:
        slow.sendall(STARTS["part of the head"])
        slow.settimeout(0.5)
        while (answer := _received(slow)) is None:
            slow.sendall(b"y")
        status, code = answer.split()[1].decode(), json.loads(answer.split(b"\r\n\r\n")[1])["code"]
        assert silent.recv(1) == b""
        assert 5 < time.monotonic() - began < 30
    seen(f"{status} {code} after ten seconds")


def _received(caller: socket.socket) -> bytes | None:
    try:
        return caller.recv(4096)
    except TimeoutError:
        return None


@contextmanager
def _crowd(server: Gunicorn, start: bytes) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(CROWD):
            stack.enter_context(_connection(server)).sendall(start)
        yield


def _connection(server: Gunicorn) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def test_requests_in_pieces_are_answered_as_if_whole(server: Gunicorn) -> None:
    """A head and a body that come byte by byte make the same image as any."""
    body = b'{"prompt": "A red fox"}'
    request = _POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    assert _answers(server, *(request[i : i + 1] for i in range(len(request)))) == [200]


def test_chunked_bodies_are_taken(server: Gunicorn) -> None:
    """A body in chunks is taken, in whatever pieces it comes, with trailers or without."""
    head = _POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b'c;a=b\r\n{"prompt": "\r\n5\r\nA fox\r\n2\r\n"}\r\n0\r\n'
    for end in (b"\r\n", b"X-Sum: 1\r\n\r\n"):
        assert _answers(server, head + chunks + end) == [200]
        assert _answers(server, head, chunks[:20], chunks[20:], end) == [200]


def test_pipelined_requests_are_answered_in_turn(server: Gunicorn) -> None:
    """Requests sent behind each other on one connection are all answered, bodies included."""
    body = b'{"prompt": "A red fox"}'
    post = _POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    plain = _WHOLE.replace(b"Connection: close\r\n", b"")
    assert _answers(server, plain + post + plain + _WHOLE) == [200] * 4
    assert _answers(server, plain + post[:40], post[40:] + _WHOLE[:9], _WHOLE[9:]) == [200] * 3


def test_who_asks_whether_to_send_is_reported_once(server: Gunicorn) -> None:
    """`Expect: 100-continue` is answered before the body, and only then; a bad one is refused."""
    body = b'{"prompt": "A red fox"}'
    head = _POST + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: "
    with _connection(server) as caller:
        caller.sendall(head + b"%d\r\n\r\n" % len(body))
        assert caller.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        caller.sendall(body)
        assert caller.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
    assert _answers(server, head + b"70000\r\n\r\n") == [413]


def test_http_1_0_and_keep_alive(server: Gunicorn) -> None:
    """HTTP/1.0 is answered and closed, and HTTP/1.1 uses a connection again."""
    assert _answers(server, b"GET /healthz HTTP/1.0\r\n\r\n") == [200]
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=20)
    connection.connect()
    ours = connection.sock.getsockname()
    for _ in range(3):
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        assert connection.sock.getsockname() == ours
    connection.close()


def _answers(server: Gunicorn, *pieces: bytes) -> list[int]:
    """Send the pieces one by one; return the statuses of all answers until the server closes."""
    with _connection(server) as caller:
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            caller.sendall(piece)
            time.sleep(0.001)
        return _statuses(caller)


def _statuses(caller: socket.socket) -> list[int]:
    received = bytearray()
    while piece := caller.recv(65536):
        received += piece
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]
