"""Shutdown and reload of a server with active generations, as shipped.

The fake OpenAI server holds its images until a test releases them, so a generation lasts exactly
as long as a test needs.
"""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.gunicorn import Gunicorn, generate_when_idle, gunicorn
from tests.support.service import openai_settings, serving, settings_for

Pending = Future[requests.Response]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Create threads for clients that wait; entered before the server, whose end releases them."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.fixture
def server(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Gunicorn]:
    """Run two workers with one generation each, of small images.

    Because of the upstream timeout a shutdown may take ten minutes, longer than any test waits.
    """
    fake_openai.image = encoded(owl(128, 128))
    changed = {"max_concurrent_generations": 1, "openai_timeout_seconds": 300}
    with gunicorn(tmp_path, **openai_settings(fake_openai) | changed) as running:
        yield running


def test_shutdown_finishes_active_generations_and_rejects_new_ones(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI, tmp_path: Path
) -> None:
    """Meanwhile /readyz reports the shutdown, new generations cost nothing, and reads succeed."""
    earlier = server.generate().json()["filename"]
    (release,), (running,) = _start_held(server, pool, fake_openai, 1)
    with _every_request_succeeds(server, pool, "/healthz", "/images", f"/images/{earlier}"):
        server.send(signal.SIGTERM)
        _wait_for_shutdown(server)
        _assert_rejected(server)
        server.send(signal.SIGTERM)  # a second signal changes nothing
        _assert_rejected(server)
    assert not running.done()
    release.set()
    response = running.result()
    assert (response.status_code, server.exit_status()) == (200, 0)
    assert fake_openai.paid == 2
    assert _failures(server) == []
    with serving(settings_for(data_dir=tmp_path / "data")) as again:
        assert again.images()[0]["filename"] == response.json()["filename"]
        assert again.get(f"/images/{response.json()['filename']}").status_code == 200


def test_shutdown_waits_for_the_last_generation_of_all_workers(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI
) -> None:
    """A worker whose generation has ended exits; the other one still serves requests."""
    releases, running = _start_held(server, pool, fake_openai, 2)
    server.send(signal.SIGTERM)
    _wait_for_shutdown(server)
    releases[0].set()
    wait_until(lambda: server.log().count("Worker exiting") == 1)
    wait_until(lambda: sum(one.done() for one in running) == 1)
    _assert_rejected(server)
    assert server.get("/images").json()["total_images"] == 1
    releases[1].set()
    assert [one.result().status_code for one in running] == [200, 200]
    assert (server.exit_status(), fake_openai.paid) == (0, 2)


def test_idle_server_stops_without_waiting(server: Gunicorn) -> None:
    """Without an active generation a shutdown does not wait, also after one has ended."""
    assert server.generate().status_code == 200
    assert server.stop() == 0


def test_interrupt_ends_a_shutdown_that_waits(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI
) -> None:
    """SIGINT during a shutdown abandons the active generations."""
    releases, (running,) = _start_held(server, pool, fake_openai, 1)
    server.send(signal.SIGTERM)
    _wait_for_shutdown(server)
    wait_until(lambda: "Handling signal: term" in server.log())  # an earlier SIGINT is ignored
    server.send(signal.SIGINT)
    assert server.exit_status() == 0
    assert not releases[0].is_set()
    with pytest.raises(requests.ConnectionError):
        running.result()


def test_reload_rejects_no_request(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI
) -> None:
    """On SIGHUP old workers finish their generations, and new ones serve new clients."""
    releases, running = _start_held(server, pool, fake_openai, 2)
    with _every_request_succeeds(server, pool, "/readyz", "/images"):
        _reload(server)
        assert generate_when_idle(server).status_code == 200
        assert not any(one.done() for one in running)
        for release in releases:
            release.set()
        assert [one.result().status_code for one in running] == [200, 200]
        wait_until(lambda: server.log().count("Worker exiting") == 2)
    _assert_shutdown_is_graceful(server, pool, fake_openai)
    assert fake_openai.paid == 4


def test_shutdown_during_a_reload(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI
) -> None:
    """New workers reject generations immediately, although gunicorn first completes its reload."""
    (release_old,), (old,) = _start_held(server, pool, fake_openai, 1)
    _reload(server)
    # The worker with an active generation keeps serving; the idle one may exit at any time.
    (release_new,), (new,) = _start_held(server, pool, fake_openai, 1)
    server.send(signal.SIGTERM)
    _wait_for_shutdown(server)
    _assert_rejected(server)
    release_old.set()
    release_new.set()
    assert (old.result().status_code, new.result().status_code) == (200, 200)
    assert server.exit_status() == 0
    assert fake_openai.paid == 2


def _start_held(
    server: Gunicorn, pool: ThreadPoolExecutor, fake: FakeOpenAI, count: int
) -> tuple[list[threading.Event], list[Pending]]:
    """Start generations that last until their events are set, in the order of their start."""
    events, responses, others = [threading.Event() for _ in range(count)], [], fake.in_flight
    fake.script("images", *(Fault.until(event) for event in events))
    for number in range(others + 1, others + count + 1):
        responses.append(pool.submit(generate_when_idle, server))
        fake.wait_in_flight(number)
    return events, responses


def _reload(server: Gunicorn) -> None:
    """Reload, and wait until new workers serve and old ones have stopped accepting."""
    server.send(signal.SIGHUP)
    wait_until(lambda: server.log().count("Booting worker") == 4)


@contextmanager
def _every_request_succeeds(
    server: Gunicorn, pool: ThreadPoolExecutor, *paths: str
) -> Iterator[None]:
    """Send requests throughout the block; each connection is accepted, each response is 200."""
    ended = threading.Event()

    def send_requests() -> set[int]:
        statuses: set[int] = set()
        while not ended.is_set():
            statuses |= {server.get(path).status_code for path in paths}
            ended.wait(0.02)
        return statuses

    sending = pool.submit(send_requests)
    try:
        yield
    finally:
        ended.set()
    assert sending.result() == {200}


def _wait_for_shutdown(server: Gunicorn) -> None:
    wait_until(lambda: server.get("/readyz").status_code == 503)


def _assert_rejected(server: Gunicorn) -> None:
    """Check that a generation is rejected unpaid, reads succeed, and /readyz gives the reason.

    None of these waits for the active generations: they are held for as long as this runs.
    """
    rejected, ready = server.generate(), server.get("/readyz")
    assert server.get("/healthz").status_code == server.get("/images").status_code == 200
    assert (rejected.status_code, rejected.json()["code"]) == (503, "shutting_down")
    assert (rejected.json()["charged"], rejected.headers["Retry-After"]) == ("no", "5")
    body: dict[str, Any] = ready.json()
    assert (ready.status_code, body["code"], body["ready"]) == (503, "shutting_down", False)
    assert ready.headers["Retry-After"] == "5"
    assert all(part["up"] for part in body["parts"].values())


def _assert_shutdown_is_graceful(
    server: Gunicorn, pool: ThreadPoolExecutor, fake: FakeOpenAI
) -> None:
    (release,), (running,) = _start_held(server, pool, fake, 1)
    server.send(signal.SIGTERM)
    _wait_for_shutdown(server)
    _assert_rejected(server)
    release.set()
    assert (running.result().status_code, server.exit_status()) == (200, 0)


def _failures(server: Gunicorn) -> list[str]:
    """Return the lines of the log that report a failure."""
    bad = ("ERROR", "CRITICAL", "Traceback", "Exception", "was sent SIG")
    return [line for line in server.log().splitlines() if any(word in line for word in bad)]
