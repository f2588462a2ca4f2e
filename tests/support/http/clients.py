"""HTTP clients for event streams, and for requests that common clients would normalize."""

import base64
import http.client
import io
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from PIL import Image


def raw_request(url: str, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Send a request for exactly this path; return status, headers and body.

    Common clients would normalize paths such as `/images/../x`.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def raw_send(url: str, data: bytes) -> bytes:
    """Send these bytes; return all bytes received until the server closes the connection."""
    parts = urlsplit(url)
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(data)
        while chunk := connection.recv(65_536):
            received += chunk
    return received


@dataclass(frozen=True)
class ReceivedEvent:
    """A received event: its name and its parsed JSON data."""

    name: str
    data: Any


@contextmanager
def streaming(url: str, headers: dict[str, str] | None = None, **body: Any) -> Iterator["Stream"]:
    """Request an image as an event stream; leaving the block disconnects."""
    with requests.post(
        f"{url}/generate-image",
        json={"prompt": "A red fox", **body},
        headers={"Accept": "text/event-stream"} | (headers or {}),
        stream=True,
        timeout=60,
    ) as response:
        yield Stream(response)


class Stream:
    """The events of a response, in order."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self._events = _events(response)

    def until(self, name: str) -> ReceivedEvent:
        """Return the next event of this name and skip those before it."""
        return next(event for event in self._events if event.name == name)

    def rest(self) -> list[ReceivedEvent]:
        """Return all remaining events."""
        return list(self._events)


def to_plain_response(stream: Stream) -> requests.Response:
    """Convert the last event to the response that a plain request would have got."""
    plain = stream.response
    if plain.headers["Content-Type"] == "application/json":
        assert plain.content  # read before the connection is closed
        return plain
    last = stream.rest()[-1].data
    plain.status_code = last.pop("http_status", 200)
    if seconds := last.pop("retry_after", None):
        plain.headers["Retry-After"] = str(seconds)
    plain.headers["Content-Type"] = "application/json"
    plain._content = json.dumps(last).encode()
    return plain


def decode_partial(partial: Any) -> Image.Image:
    """Decode the image of a `partial` event."""
    media_type, _, text = partial["image"].partition(",")
    assert media_type == "data:image/webp;base64"
    image = Image.open(io.BytesIO(base64.b64decode(text)))
    assert (image.format, image.size) == ("WEBP", (partial["width"], partial["height"]))
    return image.convert("RGBA")


def _events(response: requests.Response) -> Iterator[ReceivedEvent]:
    name = ""
    for line in response.iter_lines(chunk_size=None, decode_unicode=True):
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield ReceivedEvent(name, json.loads(value))
