"""Sends requests as they are written: common clients tidy paths and headers up first."""

import http.client
import socket
from urllib.parse import urlsplit


def ask(url: str, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Send a request for exactly this path; return status, headers and body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def send(url: str, request: bytes) -> bytes:
    """Send these bytes; return all that comes back until the server hangs up."""
    place = urlsplit(url)
    received = b""
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        connection.sendall(request)
        while chunk := connection.recv(65_536):
            received += chunk
    return received
