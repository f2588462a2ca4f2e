"""gunicorn with the class that we ship, and how much processor time its workers used."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.free_ports import HOST, free_port
from tests.support.servers.processes import listens
from tests.support.service import NO_LIMITS

ROOT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
# The same for all that is compared, but for the class: ours has its own.
_OPTIONS = ("--workers", "2", "--threads", "8", "--keep-alive", "75")


@dataclass(frozen=True)
class Server:
    """A running gunicorn."""

    address: str
    master: int

    def cpu_seconds(self) -> float:
        """Return user and system time of the workers so far."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        return sum(_ticks(int(worker)) for worker in children) / _TICKS


@contextlib.contextmanager
def gunicorn(folder: Path, app: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run an app; ours with its own gunicorn.conf.py. What it logs goes to a file."""
    folder.mkdir()
    ours = app == "wsgi:app"
    config = ROOT / "gunicorn.conf.py" if ours else Path(os.devnull)
    kind = "app.server.gthread_worker.Worker" if ours else "gthread"
    port = free_port()
    given = {"PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), "PORT": str(port)}
    given |= {name.upper(): value for name, value in NO_LIMITS.items()}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        f"{config}",
        *_OPTIONS,
        "--worker-class",
        kind,
    ]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--preload", "--bind", f"{HOST}:{port}", "--no-control-socket", app],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **given, **environment},
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 30
        while not listens(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "gunicorn does not listen"
            time.sleep(0.05)
        yield Server(f"http://{HOST}:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
