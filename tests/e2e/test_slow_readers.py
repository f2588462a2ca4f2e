"""Callers who ask and then don't read the answers, under gunicorn as it is shipped."""

import socket
import time
from contextlib import ExitStack
from pathlib import Path

from tests.attacks import Seen, attack
from tests.support.servers.gunicorn import Gunicorn, gunicorn, wait_for

_THREADS = 1 + 16  # of gunicorn.conf.py, with one generation at once
_PATIENCE = 60.0


@attack("More callers than threads who read nothing", expect="others are answered again")
def test_who_does_not_read_is_cut_off(tmp_path: Path, seen: Seen) -> None:
    """Who takes nothing of an answer for ten seconds holds a thread no longer."""
    with (
        ExitStack() as stack,
        gunicorn(tmp_path, max_concurrent_generations=1, web_concurrency=1) as server,
    ):
        # Some of these are more than the kernel takes for a caller who doesn't read.
        large = f"/images/{server.generate().json()['filename']}?w=2048"
        assert len(server.get(large).content) > 200_000
        ask = f"GET {large} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for _ in range(_THREADS + 3):
            caller = stack.enter_context(socket.socket())
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            caller.connect(_address(server))
            caller.sendall(ask * 60)
        wait_for(lambda: not _is_answered(server))
        until = time.monotonic() + _PATIENCE
        while not (answered := _is_answered(server)) and time.monotonic() < until:
            pass
        seen("others are answered again" if answered else "others are never answered")
        assert "Traceback" not in server.log()


def _is_answered(server: Gunicorn) -> bool:
    with socket.create_connection(_address(server), timeout=2) as other:
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            return other.recv(4096).startswith(b"HTTP/1.1 200")
        except TimeoutError:
            return False


def _address(server: Gunicorn) -> tuple[str, int]:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return host, int(port)
