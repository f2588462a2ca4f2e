"""Clients that send requests and read the responses slowly or not at all, as shipped."""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from app.http.concurrency import READ_THREADS
from tests.attacks import Observe, attack
from tests.support.servers.gunicorn import TIMEOUT_SECONDS, Gunicorn, gunicorn

_READERS = READ_THREADS + 20


@attack(
    "More clients than threads that read responses at a trickle",
    expect="others are answered meanwhile",
)
def test_slow_readers_hold_no_thread(tmp_path: Path, observe: Observe) -> None:
    """While more clients than threads read slowly, all kinds of requests are answered."""
    with gunicorn(tmp_path, max_concurrent_generations=1, web_concurrency=1) as server:
        name = server.generate().json()["filename"]
        # A few of these are more than the kernel buffers for a client that doesn't read.
        large = f"/images/{name}?w=2048"
        assert len(server.get(large).content) > 200_000
        with _slow_readers(server, large):
            try:
                statuses = {_status(server, path) for path in ("/healthz", "/images", large)}
            except requests.Timeout:
                statuses = set()
            generated = server.generate().status_code
        assert "Traceback" not in server.log()
    observe(f"others are {'answered meanwhile' if statuses == {200} else 'not answered'}")
    assert generated == 200


def _status(server: Gunicorn, path: str) -> int:
    return requests.get(server.url + path, timeout=60).status_code


@contextmanager
def _slow_readers(server: Gunicorn, path: str) -> Iterator[None]:
    """Send sixty requests on each connection, and go on reading a few bytes from each."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    done = threading.Event()
    with ExitStack() as stack, selectors.DefaultSelector() as readable:
        for _ in range(_READERS):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(TIMEOUT_SECONDS)
            client.connect(server.address)
            client.sendall(request * 60)
            readable.register(client, selectors.EVENT_READ)
        thread = threading.Thread(target=_trickle, args=(readable, done))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _trickle(readable: selectors.BaseSelector, done: threading.Event) -> None:
    while not done.wait(0.3):
        for key, _ in readable.select(0):
            assert isinstance(key.fileobj, socket.socket)
            try:
                if not key.fileobj.recv(300):
                    readable.unregister(key.fileobj)
            except OSError:  # the server has closed the connection
                readable.unregister(key.fileobj)
