"""Clients that send requests and don't read the responses, as shipped."""

import socket
import time
from contextlib import ExitStack
from pathlib import Path

from tests.attacks import Observe, attack
from tests.support.concurrency.threads import wait_until
from tests.support.servers.gunicorn import TIMEOUT_SECONDS, Gunicorn, gunicorn

_THREADS = 1 + 16  # of gunicorn.conf.py, with one concurrent generation


@attack("More clients than threads that read no response", expect="others are answered again")
def test_clients_that_do_not_read_are_disconnected(tmp_path: Path, observe: Observe) -> None:
    """A client that reads nothing of a response for ten seconds occupies a thread no longer."""
    with (
        ExitStack() as stack,
        gunicorn(tmp_path, max_concurrent_generations=1, web_concurrency=1) as server,
    ):
        # A few of these are more than the kernel buffers for a client that doesn't read.
        large = f"/images/{server.generate().json()['filename']}?w=2048"
        assert len(server.get(large).content) > 200_000
        request = f"GET {large} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for _ in range(_THREADS + 3):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(server.address)
            client.sendall(request * 60)
        wait_until(lambda: not _responds(server, within=2))
        until = time.monotonic() + TIMEOUT_SECONDS
        while not (responds := _responds(server, within=10)) and time.monotonic() < until:
            pass
        observe("others are answered again" if responds else "others are never answered")
        assert "Traceback" not in server.log()


def _responds(server: Gunicorn, *, within: float) -> bool:
    with socket.create_connection(server.address, timeout=within) as other:
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            return other.recv(4096).startswith(b"HTTP/1.1 200")
        except TimeoutError:
            return False
