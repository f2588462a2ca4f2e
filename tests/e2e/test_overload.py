"""More requests than the server has room for, and clients that disconnect, as shipped."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path

import pytest
import requests

from tests.support.concurrency.threads import in_threads, wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.gunicorn import (
    TIMEOUT_SECONDS,
    Gunicorn,
    generate_when_idle,
    gunicorn,
)
from tests.support.service import openai_settings

WORKERS, GENERATIONS = 2, 3
SLOTS = WORKERS * GENERATIONS


@pytest.fixture
def released(fake_openai: FakeOpenAI) -> Iterator[threading.Event]:
    """Hold every image until this event is set."""
    fake_openai.image = encoded(owl(128, 128))
    event = threading.Event()
    fake_openai.always("images", Fault.until(event))
    yield event
    event.set()


@pytest.fixture
def server(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Gunicorn]:
    """Run workers with few slots; no generation times out within a test."""
    settings = openai_settings(fake_openai) | {
        "openai_timeout_seconds": 300,
        "max_concurrent_generations": GENERATIONS,
        "web_concurrency": WORKERS,
    }
    with gunicorn(tmp_path, **settings) as running:
        yield running


def test_full_server_rejects_generations_and_serves_reads(
    server: Gunicorn, fake_openai: FakeOpenAI, released: threading.Event
) -> None:
    """While all slots stay taken, further generations are rejected unpaid, and reads succeed."""
    with ThreadPoolExecutor(SLOTS) as pool:
        running = [pool.submit(generate_when_idle, server) for _ in range(SLOTS)]
        fake_openai.wait_in_flight(SLOTS)
        responses = in_threads(48, lambda number: _send(server, number))
        assert fake_openai.in_flight == SLOTS  # so no response waited for a slot
        assert [response.status_code for response in responses] == [503, 503, 200, 200] * 12
        for rejected in responses[::4] + responses[1::4]:
            assert (rejected.json()["code"], rejected.json()["charged"]) == ("busy", "no")
            assert rejected.headers["Retry-After"] == "5"
        released.set()
        assert {one.result().status_code for one in running} == {200}
    assert server.generate().status_code == 200
    assert fake_openai.paid == SLOTS + 1


def test_generations_of_clients_that_disconnect_are_stored(
    server: Gunicorn, fake_openai: FakeOpenAI, released: threading.Event
) -> None:
    """However a client disconnects, its image is paid for once, stored, listed and served."""
    _send_and_leave(server, fake_openai, "closed", socket.socket.close)
    _send_and_leave(server, fake_openai, "reset", _reset)
    with closing(_send_request(server, "half closed")) as half_closed:
        fake_openai.wait_in_flight(3)
        half_closed.shutdown(socket.SHUT_WR)
        released.set()
        response = HTTPResponse(half_closed)
        response.begin()
        assert response.status == 200  # this client can still read
    wait_until(lambda: server.get("/images").json()["total_images"] == 3)
    images = server.get("/images").json()["images"]
    assert sorted(image["prompt"] for image in images) == ["closed", "half closed", "reset"]
    assert {server.get(f"/images/{image['filename']}").status_code for image in images} == {200}
    assert server.stop() == 0
    assert fake_openai.paid == 3
    assert "ERROR" not in server.log()


def _send(server: Gunicorn, number: int) -> requests.Response:
    """Request, in turn, two images, a health check and the list."""
    if number % 4 < 2:
        return server.generate()
    return server.get("/healthz" if number % 4 == 2 else "/images")


def _send_request(server: Gunicorn, prompt: str) -> socket.socket:
    """Send a whole request for an image, and return without reading the response."""
    body = json.dumps({"prompt": prompt})
    client = socket.create_connection(server.address, timeout=TIMEOUT_SECONDS)
    head = "POST /generate-image HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return client


def _send_and_leave(
    server: Gunicorn, fake: FakeOpenAI, prompt: str, leave: Callable[[socket.socket], None]
) -> None:
    active = fake.in_flight
    client = _send_request(server, prompt)
    fake.wait_in_flight(active + 1)
    leave(client)


def _reset(client: socket.socket) -> None:
    """Close a connection with a reset instead of an orderly end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
