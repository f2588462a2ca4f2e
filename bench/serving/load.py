"""Asks a server as often as it can for some seconds, on eight connections that are kept open."""

import re
import socket
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

_CONNECTIONS = 8
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)")
_COUNTED = re.compile(r"(\d+) requests in")


def gets(url: str, headers: Mapping[str, str], seconds: int) -> int:
    """Send GETs with wrk; return how many were answered."""
    lines = [f"-H{name}: {value}" for name, value in headers.items()]
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", *lines, url]
    reported = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    counted = _COUNTED.search(reported)
    assert counted is not None, reported
    assert "Non-2xx" not in reported, reported
    return int(counted[1])


def plainly(method: str, url: str, seconds: int) -> int:
    """Send GETs or HEADs without wrk, which waits for bodies of HEAD that never come."""
    parts = urlsplit(url)
    request = f"{method} {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    end = time.monotonic() + seconds

    def ask(_: int) -> int:
        count = 0
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            while time.monotonic() < end:
                connection.sendall(request)
                _read(connection, body=method == "GET")
                count += 1
        return count

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return sum(pool.map(ask, range(_CONNECTIONS)))


def _read(connection: socket.socket, *, body: bool) -> None:
    head, _, rest = connection.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    length = _LENGTH.search(head)
    assert length is not None, head
    missing = int(length[1]) - len(rest) if body else 0
    while missing:
        missing -= len(connection.recv(missing))
