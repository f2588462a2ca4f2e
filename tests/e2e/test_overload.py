"""More callers than there is room for, and callers who leave, under gunicorn."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path

import pytest
import requests

from tests.support.concurrency.threads import at_once
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.gunicorn import (
    AT_ONCE,
    Gunicorn,
    gunicorn,
    until_there_is_room,
    wait_for,
)
from tests.support.service import openai_settings

WORKERS, ROOM = 2, 3
PLACES = WORKERS * ROOM


@pytest.fixture
def released(fake_openai: FakeOpenAI) -> Iterator[threading.Event]:
    """Hold back every image until this event is set."""
    fake_openai.image = encoded(owl(128, 128))
    event = threading.Event()
    fake_openai.always("images", Fault.until(event))
    yield event
    event.set()


@pytest.fixture
def server(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Gunicorn]:
    """Run workers that have little room."""
    settings = openai_settings(fake_openai) | {"openai_timeout_seconds": 60}
    room = {"max_concurrent_generations": ROOM, "web_concurrency": WORKERS}
    with gunicorn(tmp_path, **settings | room) as running:
        yield running


def test_full_server_refuses_at_once_and_reads_stay_quick(
    server: Gunicorn, fake_openai: FakeOpenAI, released: threading.Event
) -> None:
    """With every place of every worker taken a flood is refused, unpaid, and no read waits."""
    with ThreadPoolExecutor(PLACES) as pool:
        running = [pool.submit(until_there_is_room, server) for _ in range(PLACES)]
        fake_openai.wait_in_flight(PLACES, timeout=20)
        began = time.monotonic()
        answers = at_once(48, lambda number: _ask(server, number))
        assert time.monotonic() - began < AT_ONCE
        assert [answer.status_code for answer in answers] == [503, 503, 200, 200] * 12
        for refused in answers[::4] + answers[1::4]:
            assert (refused.json()["code"], refused.json()["charged"]) == ("busy", "no")
            assert refused.headers["Retry-After"] == "5"
        assert fake_openai.in_flight == PLACES
        released.set()
        assert {one.result().status_code for one in running} == {200}
    assert server.generate().status_code == 200
    assert fake_openai.paid == PLACES + 1


def test_callers_who_leave_lose_nothing(
    server: Gunicorn, fake_openai: FakeOpenAI, released: threading.Event
) -> None:
    """However a caller hangs up, the image is paid once, stored, listed and served."""
    _ask_and_leave(server, fake_openai, "closed", socket.socket.close)
    _ask_and_leave(server, fake_openai, "reset", _reset)
    with closing(_asking(server, "half closed")) as half_closed:
        fake_openai.wait_in_flight(3, timeout=20)
        half_closed.shutdown(socket.SHUT_WR)
        released.set()
        answer = HTTPResponse(half_closed)
        answer.begin()
        assert answer.status == 200  # this one can still listen
    wait_for(lambda: server.get("/images").json()["total_images"] == 3)
    images = server.get("/images").json()["images"]
    assert sorted(image["prompt"] for image in images) == ["closed", "half closed", "reset"]
    assert {server.get(f"/images/{image['filename']}").status_code for image in images} == {200}
    assert server.stop() == 0
    assert fake_openai.paid == 3
    assert "ERROR" not in server.log()


def _ask(server: Gunicorn, number: int) -> requests.Response:
    """Ask for an image, another image, a sign of life or the list, by turns."""
    if number % 4 < 2:
        return server.generate()
    return server.get("/healthz" if number % 4 == 2 else "/images")


def _asking(server: Gunicorn, prompt: str) -> socket.socket:
    """Send a whole request for an image and wait for nothing."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    body = json.dumps({"prompt": prompt})
    caller = socket.create_connection((host, int(port)), timeout=20)
    head = f"POST /generate-image HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    caller.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return caller


def _ask_and_leave(
    server: Gunicorn, fake: FakeOpenAI, prompt: str, leave: Callable[[socket.socket], None]
) -> None:
    drawn = fake.in_flight
    caller = _asking(server, prompt)
    fake.wait_in_flight(drawn + 1, timeout=20)
    leave(caller)


def _reset(caller: socket.socket) -> None:
    """Close a connection the hard way: with a reset instead of an end."""
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.close()
