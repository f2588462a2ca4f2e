"""Stop and reload of a server that is drawing, under gunicorn with its shipped settings.

The fake of OpenAI holds its images back until a test releases them, so a generation runs exactly
as long as the test needs it to.
"""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.gunicorn import (
    AT_ONCE,
    Gunicorn,
    gunicorn,
    until_there_is_room,
    wait_for,
)
from tests.support.service import openai_settings, serving, settings_for

Answer = Future[requests.Response]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads for callers who wait.

    A test takes it before the server: in the end it is the server's death that lets them go.
    """
    with ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.fixture
def server(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Gunicorn]:
    """Run two workers that draw one image at a time each, small ones to be quick."""
    fake_openai.image = encoded(owl(128, 128))
    changed = {"max_concurrent_generations": 1, "openai_timeout_seconds": 60}
    with gunicorn(tmp_path, **openai_settings(fake_openai) | changed) as running:
        yield running


def test_stop_finishes_what_runs_and_refuses_what_is_new(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI, tmp_path: Path
) -> None:
    """While a generation ends, /readyz says so, new ones cost nothing, and reads are answered."""
    earlier = server.generate().json()["filename"]
    (release,), (running,) = _held(server, pool, fake_openai, 1)
    with _nobody_is_turned_away(server, pool, "/healthz", "/images", f"/images/{earlier}"):
        server.send(signal.SIGTERM)
        _wait_until_shutting_down(server)
        _assert_refused(server)
        server.send(signal.SIGTERM)  # impatience changes nothing
        _assert_refused(server)
    assert not running.done()
    release.set()
    answer = running.result()
    assert (answer.status_code, server.exit_status()) == (200, 0)
    assert fake_openai.paid == 2
    assert _complaints(server) == []
    with serving(settings_for(data_dir=tmp_path / "data")) as again:
        assert again.images()[0]["filename"] == answer.json()["filename"]
        assert again.get(f"/images/{answer.json()['filename']}").status_code == 200


def test_stop_waits_for_the_last_generation_of_all_workers(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI
) -> None:
    """A worker whose generation has ended leaves; the other is still there for callers."""
    releases, running = _held(server, pool, fake_openai, 2)
    server.send(signal.SIGTERM)
    _wait_until_shutting_down(server)
    releases[0].set()
    wait_for(lambda: server.log().count("Worker exiting") == 1)
    wait_for(lambda: sum(one.done() for one in running) == 1)
    _assert_refused(server)
    assert server.get("/images").json()["total_images"] == 1
    releases[1].set()
    assert [one.result().status_code for one in running] == [200, 200]
    assert (server.exit_status(), fake_openai.paid) == (0, 2)


def test_stop_with_nothing_running_is_immediate(server: Gunicorn) -> None:
    """Without a generation nobody has to wait, also after one has ended."""
    assert server.generate().status_code == 200
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < AT_ONCE


def test_interrupt_ends_a_stop_that_takes_too_long(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI
) -> None:
    """SIGINT during a stop does not wait for what runs: the operator's word is the last."""
    releases, (running,) = _held(server, pool, fake_openai, 1)
    server.send(signal.SIGTERM)
    _wait_until_shutting_down(server)
    wait_for(lambda: "Handling signal: term" in server.log())  # one that comes before is lost
    server.send(signal.SIGINT)
    assert server.exit_status() == 0
    assert not releases[0].is_set()
    with pytest.raises(requests.ConnectionError):
        running.result()


def test_reload_refuses_nobody(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI
) -> None:
    """On SIGHUP old workers finish their generations, and new callers get images as ever."""
    releases, running = _held(server, pool, fake_openai, 2)
    with _nobody_is_turned_away(server, pool, "/readyz", "/images"):
        _reload(server)
        assert until_there_is_room(server).status_code == 200
        assert not any(one.done() for one in running)
        for release in releases:
            release.set()
        assert [one.result().status_code for one in running] == [200, 200]
        wait_for(lambda: server.log().count("Worker exiting") == 2)
    _stop_is_still_graceful(server, pool, fake_openai)
    assert fake_openai.paid == 4


def test_stop_during_a_reload(
    pool: ThreadPoolExecutor, server: Gunicorn, fake_openai: FakeOpenAI
) -> None:
    """The new workers refuse at once, although gunicorn itself first ends its reload."""
    (release_old,), (old,) = _held(server, pool, fake_openai, 1)
    _reload(server)
    # A new worker with something to finish stays to answer; the idle one may leave at any time.
    (release_new,), (new,) = _held(server, pool, fake_openai, 1)
    server.send(signal.SIGTERM)
    _wait_until_shutting_down(server)
    _assert_refused(server)
    release_old.set()
    release_new.set()
    assert (old.result().status_code, new.result().status_code) == (200, 200)
    assert server.exit_status() == 0
    assert fake_openai.paid == 2


def _held(
    server: Gunicorn, pool: ThreadPoolExecutor, fake: FakeOpenAI, count: int
) -> tuple[list[threading.Event], list[Answer]]:
    """Begin generations that run until their events are set, by the order of their beginning."""
    events, answers, others = [threading.Event() for _ in range(count)], [], fake.in_flight
    fake.script("images", *(Fault.until(event) for event in events))
    for number in range(others + 1, others + count + 1):
        answers.append(pool.submit(until_there_is_room, server))
        fake.wait_in_flight(number, timeout=15)
    return events, answers


def _reload(server: Gunicorn) -> None:
    """Reload, until the new workers serve and the old ones don't accept any more."""
    server.send(signal.SIGHUP)
    wait_for(lambda: server.log().count("Booting worker") == 4)


@contextmanager
def _nobody_is_turned_away(
    server: Gunicorn, pool: ThreadPoolExecutor, *paths: str
) -> Iterator[None]:
    """Ask all the time within the block; each answer has to be 200, each connection accepted."""
    ended = threading.Event()

    def ask() -> set[int]:
        seen: set[int] = set()
        while not ended.is_set():
            seen |= {server.get(path).status_code for path in paths}
            ended.wait(0.02)
        return seen

    asking = pool.submit(ask)
    try:
        yield
    finally:
        ended.set()
    assert asking.result() == {200}


def _wait_until_shutting_down(server: Gunicorn) -> None:
    wait_for(lambda: server.get("/readyz").status_code == 503)


def _assert_refused(server: Gunicorn) -> None:
    """Check that a generation is refused immediately and unpaid, while reads go on."""
    began = time.monotonic()
    refused, ready = server.generate(), server.get("/readyz")
    assert server.get("/healthz").status_code == server.get("/images").status_code == 200
    assert time.monotonic() - began < AT_ONCE
    assert (refused.status_code, refused.json()["code"]) == (503, "shutting_down")
    assert (refused.json()["charged"], refused.headers["Retry-After"]) == ("no", "5")
    body: dict[str, Any] = ready.json()
    assert (ready.status_code, body["code"], body["ready"]) == (503, "shutting_down", False)
    assert ready.headers["Retry-After"] == "5"
    assert all(part["up"] for part in body["parts"].values())


def _stop_is_still_graceful(server: Gunicorn, pool: ThreadPoolExecutor, fake: FakeOpenAI) -> None:
    (release,), (running,) = _held(server, pool, fake, 1)
    server.send(signal.SIGTERM)
    _wait_until_shutting_down(server)
    _assert_refused(server)
    release.set()
    assert (running.result().status_code, server.exit_status()) == (200, 0)


def _complaints(server: Gunicorn) -> list[str]:
    """Return the lines of the log that tell of a failure."""
    bad = ("ERROR", "CRITICAL", "Traceback", "Exception", "was sent SIG")
    return [line for line in server.log().splitlines() if any(word in line for word in bad)]
