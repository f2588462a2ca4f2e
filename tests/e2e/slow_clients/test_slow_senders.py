"""Clients that send slowly or nothing, or don't close their connections, as shipped."""

import json
import re
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

import pytest
import requests
from _pytest.mark import ParameterSet

from app.http.uploads.limits import MAX_CONCURRENT_UPLOADS
from tests.attacks import Observe, attack
from tests.support.concurrency.threads import wait_until
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.gunicorn import SHIPPED, TIMEOUT_SECONDS, Gunicorn, gunicorn

CLIENTS = 600  # more than the threads of both workers, and than the files that the shell allows
_CLOSE_SECONDS = 2.5  # longer than the server waits for a client to close its connection
_POST = b"POST /generate-image HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_MASK = b"POST /images/0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5.png/cutouts HTTP/1.1\r\nHost: x\r\n"
_UPLOAD = b"POST /images HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
_WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
STARTS = {
    "nothing": b"",
    "part of the head": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-",
    "part of the body": _POST + b'Content-Length: 60000\r\n\r\n{"prompt": "',
    "part of the chunks": _POST + b'Transfer-Encoding: chunked\r\n\r\nfff\r\n{"prompt": "',
    "part of a mask": _MASK + b'Content-Length: 1400000\r\n\r\n{"mask": "' + b"A" * 70_000,
    "part of an upload": _UPLOAD + b"Content-Length: 9000000\r\n\r\n" + b"A" * 70_000,
    "a body that is too large": _POST + b"Content-Length: 900000000\r\n\r\n{",
    "all, and then no end": _WHOLE,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    """Run the service from a shell that allows few open files."""
    few = ("sh", "-c", 'ulimit -S -n 256; exec "$@"', "sh")
    with gunicorn(tmp_path_factory.mktemp("slow"), SHIPPED, few) as running:
        yield running


class Crowd:
    """Clients that send the start of a request and stay connected, in a thread.

    A connection that the server ends is replaced by a new one, so the crowd is always there.
    """

    def __init__(self, server: Gunicorn, start: bytes) -> None:
        self._address, self._start = server.address, start
        self._open = selectors.DefaultSelector()
        self._ended: list[tuple[float, socket.socket]] = []
        self._complete, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()
        assert self._complete.wait(TIMEOUT_SECONDS)

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        with ExitStack() as stack:
            while not self._stopped.is_set():
                while len(self._open.get_map()) + len(self._ended) < CLIENTS:
                    client = stack.enter_context(_connect(self._address))
                    client.sendall(self._start)
                    self._open.register(client, selectors.EVENT_READ)
                self._complete.set()
                self._read()
                self._close_ended()
        self._open.close()

    def _read(self) -> None:
        for key, _ in self._open.select(0.1):
            client = key.fileobj
            assert isinstance(client, socket.socket)
            if not _received(client):
                self._open.unregister(client)
                self._ended.append((time.monotonic(), client))

    def _close_ended(self) -> None:
        while self._ended and self._ended[0][0] + _CLOSE_SECONDS < time.monotonic():
            self._ended.pop(0)[1].close()


def _crowds() -> list[ParameterSet]:
    what = f"{CLIENTS} connections that send no more than"
    return [
        pytest.param(
            start, id=name, marks=attack(f"{what}: {name}", expect="others are answered meanwhile")
        )
        for name, start in STARTS.items()
    ]


@pytest.mark.parametrize("start", _crowds())
def test_slow_senders_delay_no_other_client(
    server: Gunicorn, start: bytes, observe: Observe
) -> None:
    """While six hundred connections send slowly, other clients are served, images too."""
    with Crowd(server, start):
        try:
            assert {server.get("/healthz").status_code for _ in range(20)} == {200}
            assert server.generate().status_code == 200
            outcome = "others are answered meanwhile"
        except (requests.ConnectionError, requests.Timeout):
            outcome = "others are not answered"
    observe(outcome)


@attack("A head that comes a byte at a time", expect="408 request_timeout after ten seconds")
def test_slow_request_times_out(server: Gunicorn, observe: Observe) -> None:
    """A head has ten seconds, however often a byte of it comes; then the client gets 408."""
    began = time.monotonic()
    with _connect(server.address) as silent, _connect(server.address) as slow:
        slow.sendall(STARTS["part of the head"])
        slow.settimeout(0.5)
        while (response := _received(slow)) is None:
            slow.sendall(b"y")
        head, _, body = response.partition(b"\r\n\r\n")
        assert silent.recv(1) == b""
        # Not at the first sign of slowness; a busy machine may take longer.
        assert time.monotonic() - began > 5
    observe(f"{head.split()[1].decode()} {json.loads(body)['code']} after ten seconds")


def test_requests_in_pieces_are_answered_as_if_whole(server: Gunicorn) -> None:
    """A head and a body that arrive byte by byte generate an image as usual."""
    body = b'{"prompt": "A red fox"}'
    request = _POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    assert _statuses(server, *(request[i : i + 1] for i in range(len(request)))) == [200]


def test_chunked_bodies_are_accepted(server: Gunicorn) -> None:
    """A chunked body is accepted in whatever pieces it arrives, with trailers or without."""
    head = _POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b'c;a=b\r\n{"prompt": "\r\n5\r\nA fox\r\n2\r\n"}\r\n0\r\n'
    for end in (b"\r\n", b"X-Sum: 1\r\n\r\n"):
        assert _statuses(server, head + chunks + end) == [200]
        assert _statuses(server, head, chunks[:20], chunks[20:], end) == [200]


def test_pipelined_requests_are_answered_in_order(server: Gunicorn) -> None:
    """Requests sent behind each other on one connection are all answered, bodies included."""
    body = b'{"prompt": "A red fox"}'
    post = _POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    plain = _WHOLE.replace(b"Connection: close\r\n", b"")
    assert _statuses(server, plain + post + plain + _WHOLE) == [200] * 4
    assert _statuses(server, plain + post[:40], post[40:] + _WHOLE[:9], _WHOLE[9:]) == [200] * 3


def test_expect_100_continue_is_answered_once(server: Gunicorn) -> None:
    """`Expect: 100-continue` is answered once and before the body; a bad request is rejected."""
    body = b'{"prompt": "A red fox"}'
    head = _POST + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: "
    with _connect(server.address) as client:
        client.sendall(head + b"%d\r\n\r\n" % len(body))
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
    assert _statuses(server, head + b"70000\r\n\r\n") == [413]


def test_uploads_are_received_on_disk(server: Gunicorn) -> None:
    """A form and chunks of megabytes are one image; what is behind them is answered, too."""
    data = encoded(owl(64, 64)) + bytes(3_000_000)
    plain = _UPLOAD + b"Content-Length: %d\r\n\r\n" % len(data) + data
    chunks = b"%x\r\n%b\r\n" % (len(data), data) + b"0\r\nX-Sum: 1\r\n\r\n"
    chunked = _UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
    # Uploads of an earlier test may still occupy all places.
    wait_until(lambda: _statuses(server, plain + _WHOLE) != [503])
    assert _statuses(server, plain + chunked + _WHOLE) == [200, 200, 200]
    assert _statuses(server, plain[:70_000], plain[70_000:] + _WHOLE[:9], _WHOLE[9:]) == [200, 200]
    other = _UPLOAD.replace(b"image/png", b"text/plain")
    refused = other + b"Content-Length: 5000\r\n\r\n" + bytes(5000)
    assert _statuses(server, refused + _WHOLE) == [415, 200]
    form = {"file": ("owl.png", data)}
    response = requests.post(f"{server.url}/images", files=form, timeout=TIMEOUT_SECONDS)
    assert response.status_code == 200
    assert _statuses(server, _UPLOAD + b"Content-Length: 30000000\r\n\r\n") == [413]


@attack("More uploads at the same time than are received", expect="503 busy")
def test_uploads_at_the_same_time_are_limited(server: Gunicorn, observe: Observe) -> None:
    """The first 32 of each worker are received; the next one is refused, and others are not."""
    start = STARTS["part of an upload"]
    with ExitStack() as stack, selectors.DefaultSelector() as refused:
        for _ in range(2 * MAX_CONCURRENT_UPLOADS + 1):
            client = stack.enter_context(_connect(server.address))
            client.sendall(start)
            refused.register(client, selectors.EVENT_READ)
        first = refused.select(TIMEOUT_SECONDS)[0][0].fileobj
        assert isinstance(first, socket.socket)
        head, _, body = first.recv(65536).partition(b"\r\n\r\n")
        assert b"\r\nRetry-After: 5" in head
        assert server.generate().status_code == 200
    observe(f"{head.split()[1].decode()} {json.loads(body)['code']}")


def test_http_1_0_and_keep_alive(server: Gunicorn) -> None:
    """HTTP/1.0 is answered and closed, and HTTP/1.1 keeps its connection."""
    assert _statuses(server, b"GET /healthz HTTP/1.0\r\n\r\n") == [200]
    connection = HTTPConnection(*server.address, timeout=TIMEOUT_SECONDS)
    connection.connect()
    ours = connection.sock.getsockname()
    for _ in range(3):
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        assert connection.sock.getsockname() == ours
    connection.close()


@contextmanager
def _connect(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=TIMEOUT_SECONDS) as client:
        yield client


def _received(client: socket.socket) -> bytes | None:
    try:
        return client.recv(4096)
    except TimeoutError:
        return None
    except ConnectionResetError:
        return b""


def _statuses(server: Gunicorn, *pieces: bytes) -> list[int]:
    """Send the pieces one by one; return the statuses of all responses until the server closes."""
    received = bytearray()
    with _connect(server.address) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            client.sendall(piece)
            time.sleep(0.001)
        while data := client.recv(65536):
            received += data
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]
