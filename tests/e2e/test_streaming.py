"""An image is watched being drawn, under gunicorn as it is shipped."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.sse_client import streaming
from tests.support.servers.gunicorn import Gunicorn, gunicorn, wait_for
from tests.support.service import openai_settings, serving, settings_for


@pytest.fixture
def server(tmp_path: Path, fake_openai: FakeOpenAI) -> Iterator[Gunicorn]:
    """Run one worker."""
    with gunicorn(tmp_path, web_concurrency=1, **openai_settings(fake_openai)) as running:
        yield running


def test_events_flow_and_who_leaves_is_waited_for(
    server: Gunicorn, fake_openai: FakeOpenAI, tmp_path: Path
) -> None:
    """Each event arrives when it happens; a reload and a stop let what runs end, callers or not."""
    watched, left = threading.Event(), threading.Event()
    fake_openai.script("images", Fault.last_event_at(watched), Fault.last_event_at(left))
    with streaming(server.url, partial_images=1) as stream:
        assert stream.response.headers["Transfer-Encoding"] == "chunked"
        stream.until("partial")
        with streaming(server.url, partial_images=1) as other:
            other.until("partial")
        server.send(signal.SIGHUP)
        wait_for(lambda: server.log().count("Booting worker") == 2)
        watched.set()
        assert stream.rest()[-1].name == "result"
    assert "Worker exiting" not in server.log()
    server.send(signal.SIGTERM)
    left.set()
    assert server.exit_status() == 0
    assert server.log().count(": ready") == 2
    assert "Traceback" not in server.log()
    with serving(settings_for(data_dir=tmp_path / "data")) as again:
        assert len(again.images()) == fake_openai.paid == 2
