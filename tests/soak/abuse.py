"""Clients that take more than they need: slow readers and floods of requests."""

import contextlib
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import requests

from tests.soak.fleet import Server
from tests.soak.result import Result

_CONNECTIONS = 40
_READ_BYTES = 1024
_TIMEOUT_SECONDS = 60
_THREADS = 30
_EXPECTED = {200, 304, 404, 410, 429, 503}
"""Responses to a flood: what exists, what doesn't, and a refusal to take on more."""


def read_slowly(server: Server, path: str, seconds: float) -> None:
    """Request a large variant on many connections, and read 4 kB a second from each."""
    target = f"GET {path}?w=1024&format=png HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    host, _, port = server.url.removeprefix("http://").partition(":")
    with contextlib.ExitStack() as stack:
        readers = []
        for _ in range(_CONNECTIONS):
            with contextlib.suppress(OSError):
                reader = stack.enter_context(socket.socket())
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader.settimeout(1)
                reader.connect((host, int(port)))
                reader.sendall(target)
                readers.append(reader)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for reader in readers:
                with contextlib.suppress(OSError):
                    reader.recv(_READ_BYTES, socket.MSG_DONTWAIT)
            time.sleep(_READ_BYTES / 4096)


def flood(server: Server, path: str, burst: int, rng: random.Random, result: Result) -> None:
    """Send that many requests for cold variants, invented images or the list."""
    kinds: tuple[Callable[[], str], ...] = (
        lambda: f"{path}?w={rng.randrange(16, 600)}&filter=grayscale",
        lambda: f"/images/{uuid.UUID(int=rng.getrandbits(128))}.png",
        lambda: f"/images?limit=100&page={rng.randrange(1, 50)}",
    )
    kind = rng.choice(kinds)
    waiting = iter([kind() for _ in range(burst)])
    lock = threading.Lock()
    threads = [
        threading.Thread(target=_send_all, args=(server, waiting, lock, result))
        for _ in range(_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send_all(server: Server, waiting: Iterator[str], lock: threading.Lock, result: Result) -> None:
    while True:
        with lock:
            path = next(waiting, None)
        if path is None:
            return
        with contextlib.suppress(requests.RequestException):
            response = requests.get(server.url + path, timeout=_TIMEOUT_SECONDS)
            if response.status_code not in _EXPECTED:
                result.violate(f"{response.status_code} for {path}: {response.text[:300]}")
