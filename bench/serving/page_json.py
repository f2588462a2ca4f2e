"""The cost of a page of 100 images, compared with /healthz: `python -m bench.serving.page_json`."""

import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from app.config import Settings
from app.container import build_ports
from bench.listing.million_records import generate_records
from bench.results import compare, report

_ROUNDS = 15
_CALLS = {"healthz": 60, "warm": 60, "cold": 6}
_NAMES = {
    "healthz": "GET /healthz",
    "warm": "GET /images?limit=100, list unchanged",
    "cold": "GET /images?limit=100, after a change",
}
_TARGETS = {"warm": 1.1}


def main() -> None:
    """Measure the processor time of calls of the WSGI application."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        rounds = list(_rounds(Path(folder)))
    spent = {name: [each[name] for each in rounds] for name in _NAMES}
    measurements = [
        compare(
            _NAMES[name],
            times,
            spent["healthz"],
            value=f"{1e6 * statistics.median(times):.0f} us",
            target=_TARGETS.get(name),
        )
        for name, times in spent.items()
    ]
    report("page_json", "A page of 100 images: CPU through the WSGI application", measurements)


def _rounds(folder: Path) -> Iterator[dict[str, float]]:
    settings = Settings(data_dir=folder, rate_limit_default="off")
    ports = build_ports(settings)
    app = create_app(settings, ports)
    records = list(generate_records(200))
    for record in records:
        ports.records.insert(record)

    def call(path: str) -> float:
        environ = EnvironBuilder(path=path).get_environ()
        began = time.thread_time()
        body, status, _ = run_wsgi_app(app, environ)
        b"".join(body)
        spent = time.thread_time() - began
        assert status == "200 OK"
        return spent

    def cold() -> float:
        ports.records.compare_and_swap(records[0], records[0])
        return call("/images?limit=100")

    calls = {
        "healthz": lambda: call("/healthz"),
        "warm": lambda: call("/images?limit=100"),
        "cold": cold,
    }
    for _ in range(_ROUNDS):
        yield {
            name: statistics.median(calls[name]() for _ in range(count))
            for name, count in _CALLS.items()
        }


if __name__ == "__main__":
    main()
