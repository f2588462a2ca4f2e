"""/metrics under gunicorn: any worker reports the numbers of all."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import requests

from tests.support.concurrency.threads import wait_until
from tests.support.observability.prometheus import value
from tests.support.servers.gunicorn import Gunicorn, gunicorn

REQUESTS, NOWHERE = "imageapi_requests_total", {"route": "other", "status": "404"}


def count_not_found(server: Gunicorn) -> float:
    """Return how many requests any worker reports for unknown addresses."""
    return value(server.get("/metrics").text, REQUESTS, **NOWHERE)


def reach_each_worker(server: Gunicorn, send: Callable[[], requests.Response]) -> int:
    """Send requests until each worker has counted one; return their number."""
    folder = metrics_folder(server)
    sent = 0
    while len(list(folder.glob("counter_*.db"))) < 2 or sent < 20:
        assert send().status_code == 404
        sent += 1
        assert sent < 2000
    return sent


def metrics_folder(server: Gunicorn) -> Path:
    """Return the directory of the metrics that workers share."""
    (folder,) = (server.log_file.parent / "tmp").glob("imageapi-metrics-*")
    return folder


def test_any_worker_reports_the_counts_of_all(tmp_path: Path) -> None:
    """All scrapes agree, a killed worker's counts remain, and shutdown removes all files."""
    (tmp_path / "tmp").mkdir()
    with gunicorn(tmp_path, tmpdir=tmp_path / "tmp") as server:
        assert server.generate().status_code == 200
        sent = reach_each_worker(server, lambda: server.get("/nowhere"))
        assert [count_not_found(server) for _ in range(10)] == [sent] * 10
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(set(server.workers()) - {before[0]}) == 2)
        assert [count_not_found(server) for _ in range(10)] == [sent] * 10
        server.send(signal.SIGHUP)
        wait_until(lambda: not set(server.workers()) & set(before))
        assert server.get("/nowhere").status_code == 404
        page = server.get("/metrics").text
        assert value(page, REQUESTS, **NOWHERE) == sent + 1
        assert value(page, "imageapi_generations_total", outcome="ready") == 1
        assert value(page, "imageapi_generations_in_flight") == 0
        folder = metrics_folder(server)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert server.stop() == 0
    assert not folder.exists()


def test_killed_worker_has_no_active_generations(tmp_path: Path) -> None:
    """The gauges of a killed worker are dropped."""
    (tmp_path / "tmp").mkdir()
    with gunicorn(tmp_path, tmpdir=tmp_path / "tmp", web_concurrency=1) as server:
        server.generate()
        (worker,) = server.workers()
        gauge = metrics_folder(server) / f"gauge_livesum_{worker}.db"
        assert gauge.exists()
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not gauge.exists())


def test_log_of_gunicorn_is_json_too(tmp_path: Path) -> None:
    """Without a terminal every line is one JSON object, those of gunicorn included."""
    with gunicorn(tmp_path, log_format="auto") as server:
        server.get("/healthz")
        server.stop()
        lines = server.log_lines()
    sources = {(line["logger"].partition(".")[0], line["level"]) for line in lines}
    assert sources == {("app", "INFO"), ("gunicorn", "INFO")}
    assert "Shutting down: Master" in {line["message"] for line in lines}
