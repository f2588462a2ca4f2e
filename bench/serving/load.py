"""Load a server for some seconds, on eight connections that are kept open."""

import re
import socket
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

_CONNECTIONS = 8
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)")
_COUNT = re.compile(r"(\d+) requests in")


def send_with_wrk(url: str, headers: Mapping[str, str], seconds: int) -> int:
    """Send GETs with wrk; return the number of responses."""
    options = [f"-H{name}: {value}" for name, value in headers.items()]
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", *options, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    count = _COUNT.search(output)
    assert count is not None, output
    assert "Non-2xx" not in output, output
    return int(count[1])


def send_requests(method: str, url: str, seconds: int) -> int:
    """Send GETs or HEADs without wrk, which waits for the body of a HEAD."""
    parts = urlsplit(url)
    request = f"{method} {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    end = time.monotonic() + seconds

    def send(_: int) -> int:
        count = 0
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            while time.monotonic() < end:
                connection.sendall(request)
                _receive(connection, body=method == "GET")
                count += 1
        return count

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return sum(pool.map(send, range(_CONNECTIONS)))


def _receive(connection: socket.socket, *, body: bool) -> None:
    head, _, rest = connection.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    length = _LENGTH.search(head)
    assert length is not None, head
    missing = int(length[1]) - len(rest) if body else 0
    while missing:
        missing -= len(connection.recv(missing))
