"""Requests sent without the normalization of paths and headers that common clients apply."""

import http.client
import socket
from urllib.parse import urlsplit


def request(url: str, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Send a request for exactly this path; return status, headers and body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def send(url: str, data: bytes) -> bytes:
    """Send these bytes; return all bytes received until the server closes the connection."""
    parts = urlsplit(url)
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(data)
        while chunk := connection.recv(65_536):
            received += chunk
    return received
