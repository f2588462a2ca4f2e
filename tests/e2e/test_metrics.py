"""/metrics under gunicorn: whichever worker answers tells what all of them did."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import requests

from tests.e2e.test_gunicorn import children_of
from tests.support.observability.metrics_page import value
from tests.support.servers.gunicorn import Gunicorn, gunicorn, wait_for

REQUESTS, NOWHERE = "imageapi_requests_total", {"route": "other", "status": "404"}


def counted(server: Gunicorn) -> float:
    """Ask any worker how many requests came for what isn't there."""
    return value(server.get("/metrics").text, REQUESTS, **NOWHERE)


def each_worker_answered(server: Gunicorn, ask: Callable[[], requests.Response]) -> int:
    """Ask until each worker has counted some; return how often."""
    folder = metrics_folder(server)
    asked = 0
    while len(list(folder.glob("counter_*.db"))) < 2 or asked < 20:
        assert ask().status_code == 404
        asked += 1
        assert asked < 2000
    return asked


def metrics_folder(server: Gunicorn) -> Path:
    """Return where the workers keep their metrics."""
    (folder,) = (server.log_file.parent / "tmp").glob("imageapi-metrics-*")
    return folder


def test_any_worker_reports_what_all_counted_and_none_is_forgotten(tmp_path: Path) -> None:
    """All scrapes agree, a killed worker's counts stay, and a stop leaves no file behind."""
    (tmp_path / "tmp").mkdir()
    with gunicorn(tmp_path, tmpdir=tmp_path / "tmp") as server:
        assert server.generate().status_code == 200
        asked = each_worker_answered(server, lambda: server.get("/nowhere"))
        assert [counted(server) for _ in range(10)] == [asked] * 10
        before = children_of(server.process.pid)
        os.kill(before[0], signal.SIGKILL)
        wait_for(lambda: len(set(children_of(server.process.pid)) - {before[0]}) == 2)
        assert [counted(server) for _ in range(10)] == [asked] * 10
        server.send(signal.SIGHUP)
        wait_for(lambda: not set(children_of(server.process.pid)) & set(before))
        assert server.get("/nowhere").status_code == 404
        page = server.get("/metrics").text
        assert value(page, REQUESTS, **NOWHERE) == asked + 1
        assert value(page, "imageapi_generations_total", outcome="ready") == 1
        assert value(page, "imageapi_generations_in_flight") == 0
        folder = metrics_folder(server)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert server.stop() == 0
    assert not folder.exists()


def test_a_worker_that_died_at_work_is_not_in_flight(tmp_path: Path) -> None:
    """What a killed worker was at doesn't count as running for ever."""
    (tmp_path / "tmp").mkdir()
    with gunicorn(tmp_path, tmpdir=tmp_path / "tmp", web_concurrency=1) as server:
        server.generate()
        (worker,) = children_of(server.process.pid)
        gauge = metrics_folder(server) / f"gauge_livesum_{worker}.db"
        assert gauge.exists()
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: not gauge.exists())


def test_gunicorns_own_log_is_json_too(tmp_path: Path) -> None:
    """Every line of a server that nobody looks at is one JSON object, gunicorn's own included."""
    with gunicorn(tmp_path, log_format="auto") as server:
        server.get("/healthz")
        server.stop()
        lines = server.log_lines()
    said = {(line["logger"].partition(".")[0], line["level"]) for line in lines}
    assert said == {("app", "INFO"), ("gunicorn", "INFO")}
    assert "Shutting down: Master" in {line["message"] for line in lines}
