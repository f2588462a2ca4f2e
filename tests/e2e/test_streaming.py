"""Streamed generations under gunicorn, as shipped and with its own worker classes."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.clients import streaming
from tests.support.servers.gunicorn import SHIPPED, Gunicorn, gunicorn
from tests.support.service import openai_settings, serving, settings_for


@pytest.fixture
def server(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Gunicorn]:
    """Run one worker."""
    with gunicorn(tmp_path, web_concurrency=1, **openai_settings(fake_openai)) as running:
        yield running


def test_reload_and_shutdown_finish_streams_and_abandoned_generations(
    server: Gunicorn, fake_openai: FakeOpenAI, tmp_path: Path
) -> None:
    """Events are sent as they happen; both generations end and are stored, client or not."""
    watched, abandoned = threading.Event(), threading.Event()
    fake_openai.script("images", Fault.last_event_at(watched), Fault.last_event_at(abandoned))
    with streaming(server.url, partial_images=1) as stream:
        assert stream.response.headers["Transfer-Encoding"] == "chunked"
        stream.until("partial")
        with streaming(server.url, partial_images=1) as other:
            other.until("partial")
        server.send(signal.SIGHUP)
        wait_until(lambda: server.log().count("Booting worker") == 2)
        watched.set()
        assert stream.rest()[-1].name == "result"
    assert "Worker exiting" not in server.log()
    server.send(signal.SIGTERM)
    abandoned.set()
    assert server.exit_status() == 0
    assert server.log().count(": ready") == 2
    assert "Traceback" not in server.log()
    with serving(settings_for(data_dir=tmp_path / "data")) as again:
        assert len(again.images()) == fake_openai.paid == 2


def test_replaced_workers_of_all_classes_finish_abandoned_generations(
    fake_openai: FakeOpenAI, tmp_path: Path
) -> None:
    """Whatever its class, a worker exits only after a generation whose client has left."""
    released = threading.Event()
    settings = openai_settings(fake_openai) | {"openai_timeout_seconds": 120, "web_concurrency": 1}
    fake_openai.script("images", *[Fault.last_event_at(released)] * 3)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                gunicorn(tmp_path / kind, SHIPPED, (), ("--worker-class", kind), **settings)
            )
            for kind in ("gthread", "sync", "gevent")
        ]
        for server in servers:
            with streaming(server.url, partial_images=1) as stream:
                stream.until("partial")
            server.send(signal.SIGHUP)
        for server in servers:
            # After twenty seconds a worker notices that the client has left.
            wait_until(lambda: "POST /generate-image 200" in server.log())  # noqa: B023 - reason: called immediately
            assert "Worker exiting" not in server.log()
        released.set()
        for server in servers:
            wait_until(lambda: "Worker exiting" in server.log())  # noqa: B023 - reason: called immediately
            assert server.log().count(": ready") == 1
    assert fake_openai.paid == 3
