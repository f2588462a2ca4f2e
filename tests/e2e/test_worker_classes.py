"""The service under gunicorn's own worker classes, otherwise as shipped."""

import json
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.test_idempotency import check_race
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.clients import streaming
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.databases import RedisServer
from tests.support.servers.gunicorn import SHIPPED, Gunicorn, gunicorn
from tests.support.service import openai_settings

_CLOSE = {"Connection": "close"}

pytestmark = pytest.mark.parametrize("worker_class", ["gthread", "sync", "gevent"])


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Create threads for clients that wait; entered before the server, whose end releases them."""
    with ThreadPoolExecutor(2) as threads:
        yield threads


def do_main_job(server: Gunicorn) -> str:
    """Generate an image twice under one key, list and fetch it, vary it, stream and upload others.

    Returns:
        The first image's file name.
    """
    first = server.generate("A brass key", "key-1")
    assert first.status_code == 200, server.log()
    again = server.generate("A brass key", "key-1")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    name = str(first.json()["filename"])
    assert [image["filename"] for image in server.get("/images").json()["images"]] == [name]
    assert server.get(f"/images/{name}").content.startswith(b"\x89PNG")
    variant = server.get(f"/images/{name}?w=64&format=webp&filter=blur:2")
    assert variant.content[8:12] == b"WEBP"
    with streaming(server.url, headers={"Connection": "close"}, partial_images=1) as stream:
        assert stream.rest()[-1].name == "result"
    assert server.get("/images").json()["total_images"] == 2
    files = {"file": ("owl.png", encoded(owl(64, 64)) + bytes(2_000_000))}
    for status in (201, 200):
        response = requests.post(f"{server.url}/images", files=files, headers=_CLOSE, timeout=60)
        assert response.status_code == status, response.text
    assert server.get("/healthz").json() == {"status": "success"}
    assert server.get("/readyz").status_code == 200
    assert "imageapi_generations_total" in server.get("/metrics").text
    return name


def check_rejected_request(server: Gunicorn) -> None:
    """Send a malformed head, and check that the error is JSON."""
    with socket.create_connection(server.address, timeout=60) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n")
    assert b"\r\nAccess-Control-Allow-Origin: *\r\n" in head
    assert b"\r\nDate: " in head
    assert json.loads(body)["code"] == "invalid_request"
    assert server.get("/healthz").status_code == 200


def test_main_job_on_embedded_stores(tmp_path: Path, worker_class: str) -> None:
    """With the option on the command line the main job is done, and SIGTERM ends with status 0.

    A request that gunicorn's parser rejects gets a JSON error, as under the shipped class.
    """
    with gunicorn(tmp_path, SHIPPED, (), ("--worker-class", worker_class)) as server:
        do_main_job(server)
        check_rejected_request(server)
        assert server.stop() == 0
        log = server.log()
    assert f"Using worker: {worker_class}\n" in log
    assert "Traceback" not in log
    (line,) = [line for line in log.splitlines() if "not available" in line]
    assert f"WARNING [-] not available with worker class {worker_class}: " in line


def test_main_job_on_real_parts(
    tmp_path: Path,
    worker_class: str,
    shared: dict[str, Any],
    redis_flushed: RedisServer,
    fake_openai: FakeOpenAI,
) -> None:
    """S3, MongoDB, Redis and OpenAI's client work too, and each image is paid for once."""
    settings = shared | {
        # Any Redis command has the time that it needs on a busy machine.
        "redis_url": redis_flushed.patient_url,
        "gunicorn_cmd_args": f"-k {worker_class}",
    }
    with gunicorn(tmp_path, **settings) as server:
        do_main_job(server)
        parts = server.get("/readyz").json()["parts"]
        assert {name for name, part in parts.items() if part["up"]} == {
            "storage",
            "records",
            "cache",
        }
        assert server.stop() == 0
        assert "Traceback" not in server.log()
    assert fake_openai.paid == 2


def test_one_key_is_paid_once_and_shutdown_finishes_a_generation(
    pool: ThreadPoolExecutor, tmp_path: Path, worker_class: str, fake_openai: FakeOpenAI
) -> None:
    """Sixteen concurrent requests with one key, over two workers, lead to one payment.

    SIGTERM during a generation ends with status 0 after its response, which was paid once.
    """
    fake_openai.image = encoded(owl(128, 128))
    settings = openai_settings(fake_openai) | {"openai_timeout_seconds": 60, "web_concurrency": 2}
    with gunicorn(tmp_path, SHIPPED, (), ("-k", worker_class), **settings) as server:
        check_race([server], fake_openai)
        paid, released = fake_openai.paid, threading.Event()
        fake_openai.script("images", Fault.until(released))
        running = pool.submit(server.generate)
        fake_openai.wait_in_flight(1, timeout=60)
        server.send(signal.SIGTERM)
        wait_until(lambda: "Handling signal: term" in server.log())
        assert not running.done()
        released.set()
        assert running.result().status_code == 200
        assert server.exit_status() == 0
        log = server.log()
    assert "ERROR" not in log
    assert "Traceback" not in log
    assert fake_openai.paid == paid + 1
