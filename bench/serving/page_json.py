"""`python -m bench.serving.page_json`: CPU of a page of 100 images beside `/healthz`."""

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
from bench.listing import million_records
from bench.results import Row, report

_ROUNDS = 15
_CALLS = {"healthz": 60, "warm": 60, "cold": 6}


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        rounds = list(_rounds(Path(folder)))
    rows = []
    for name, label, most in (
        ("healthz", "GET /healthz", None),
        ("warm", "GET /images?limit=100, list unchanged", 1.1),
        ("cold", "GET /images?limit=100, after a change", None),
    ):
        ratios = [spent[name] / spent["healthz"] for spent in rounds]
        micros = 1e6 * statistics.median(spent[name] for spent in rounds)
        rows.append(
            Row(
                name=label,
                ratio=statistics.median(ratios),
                most=most,
                low=min(ratios),
                high=max(ratios),
                value=f"{micros:.0f} us",
            )
        )
    report("page_json", "A page of 100 images: CPU through the WSGI application", rows)


def _rounds(folder: Path) -> Iterator[dict[str, float]]:
    settings = Settings(_env_file=None, data_dir=folder, rate_limit_default="off")  # type: ignore[call-arg]  # reason: of pydantic-settings
    ports = build_ports(settings)
    app = create_app(settings, ports)
    newest = list(million_records.rows(200))
    for row in newest:
        ports.records.insert(row)

    def call(path: str) -> float:
        environ = EnvironBuilder(path=path).get_environ()
        began = time.thread_time()
        body, status, _ = run_wsgi_app(app, environ)
        b"".join(body)
        spent = time.thread_time() - began
        assert status == "200 OK"
        return spent

    def cold() -> float:
        ports.records.compare_and_swap(newest[0], newest[0])
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
