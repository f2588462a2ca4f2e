"""Run gunicorn with the shipped worker class, and measure its workers' processor time."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.support import processes
from tests.support.servers.free_ports import HOST, free_port
from tests.support.servers.processes import listens
from tests.support.service import NO_LIMITS

ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_SECONDS = 30
# The same for all applications, except for the worker class: the service has its own.
_OPTIONS = ("--workers", "2", "--threads", "8", "--keep-alive", "75")


@dataclass(frozen=True)
class Server:
    """A running gunicorn."""

    address: str
    master: int

    def cpu_seconds(self) -> float:
        """Return the processor seconds of the workers so far, user and system."""
        return processes.processor_seconds(processes.children_of(self.master))


@contextlib.contextmanager
def gunicorn(folder: Path, app: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run an application; the service runs with its own gunicorn.conf.py.

    Args:
        folder: for its log and data.
        app: as gunicorn expects it, such as `wsgi:app`.
        environment: settings.
    """
    folder.mkdir()
    is_service = app == "wsgi:app"
    config = ROOT / "gunicorn.conf.py" if is_service else Path(os.devnull)
    worker_class = "app.server.gthread_worker.Worker" if is_service else "gthread"
    port = free_port()
    given = {"PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), "PORT": str(port)}
    given |= {name.upper(): value for name, value in NO_LIMITS.items()}
    command = [sys.executable, "-m", "gunicorn", "--config", f"{config}", *_OPTIONS]
    command += ["--worker-class", worker_class, "--preload", "--no-control-socket"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--bind", f"{HOST}:{port}", app],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **given, **environment},
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while not listens(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "gunicorn does not listen"
            time.sleep(0.05)
        yield Server(f"http://{HOST}:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()
