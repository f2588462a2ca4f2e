"""Two servers that share their stores, each a gunicorn with two workers and a disk of its own."""

import contextlib
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import requests

from app.errors import RecordsUnavailable
from tests.soak.customers.client import Client
from tests.support.servers.forked_python import ForkedProcess, Program, start
from tests.support.servers.free_ports import HOST, free_port
from tests.support.servers.gunicorn import ROOT, SHIPPED, START_SECONDS, environment

T = TypeVar("T")

_STOP_SECONDS = 60
_COMMAND_SECONDS = 600
_MAX_PARALLEL = 8
_TRIES = 5


@dataclass(frozen=True)
class CommandResult:
    """The exit status and the output of a command."""

    returncode: int
    stdout: str
    stderr: str


class Server:
    """A gunicorn server that can be killed and restarted on the same port and disk."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.data_dir = folder / "data"
        self.spool = self.data_dir / "spool"
        self.log_file = folder / "log"
        port = free_port()
        self._port = _hold(port)
        self.url = f"http://{HOST}:{port}"
        self.client = Client(self.url)
        own = {"data_dir": self.data_dir, "port": port, "web_concurrency": 2, "trash_days": 7}
        self.environment = environment({**settings, **own}) | {"PYTHONPATH": str(ROOT)}
        self.lock = threading.Lock()  # held while it is being killed, stopped or started
        self.process: ForkedProcess | None = None

    def start(self) -> None:
        """Start it and wait until it responds."""
        self.process = start(self._program("gunicorn", "--config", str(SHIPPED), "wsgi:app"))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(requests.RequestException):
                requests.get(f"{self.url}/healthz", timeout=60)
                return
            time.sleep(0.1)
        raise AssertionError(f"{self.url} did not start:\n{self.log_file.read_text()[-3000:]}")

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        if self.process is None:
            return []
        master = self.process.pid
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{master}/task/{master}/children").read_text()
            return [int(pid) for pid in text.split()]
        return []

    def kill(self) -> None:
        """Kill -9 the master and all workers, as a power cut would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """Kill it, and give up its port."""
        self.kill()
        self.client.close()
        self._port.close()

    def stop(self) -> int:
        """Stop it as an operator would; return the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_STOP_SECONDS)
        finally:
            self.kill()

    def has_spooled(self) -> bool:
        """Return whether images wait for storage."""
        return any(self.spool.glob("originals/*.png"))

    def save_spool(self) -> None:
        """Copy the images that wait for storage, as a backup would.

        A later copy is added to the earlier ones.
        """
        saved = self.folder / "saved"
        if self.spool.exists():
            shutil.copytree(self.spool, saved, dirs_exist_ok=True, ignore_dangling_symlinks=True)

    def return_spool(self) -> None:
        """Put all images back that were ever saved, as a disk that returns late."""
        saved = self.folder / "saved"
        if saved.exists():
            shutil.copytree(saved, self.spool, dirs_exist_ok=True)

    def run(self, *command: str) -> CommandResult:
        """Run a command of the service with this server's settings."""
        output, errors = (self.folder / name for name in ("command.out", "command.err"))
        for file in (output, errors):
            file.unlink(missing_ok=True)
        program = self._program("flask", "--app", "wsgi", *command)
        process = start(replace(program, output=output, errors=errors))
        try:
            status = process.wait(_COMMAND_SECONDS)
        finally:
            process.send_signal(signal.SIGKILL)
        return CommandResult(status, output.read_text(), errors.read_text())

    def _program(self, module: str, *arguments: str) -> Program:
        return Program(
            module,
            arguments,
            directory=self.folder,
            environment=self.environment,
            output=self.log_file,
        )


def in_parallel(works: Sequence[Callable[[], T]]) -> list[T]:
    """Run them in threads, at most eight at a time, and return the results."""
    with ThreadPoolExecutor(_MAX_PARALLEL) as pool:
        return [running.result() for running in [pool.submit(work) for work in works]]


def patiently(work: Callable[[], T]) -> T:
    """Run it again, a few times, while the records are unavailable: the machine may be busy."""
    for _ in range(_TRIES):
        with contextlib.suppress(RecordsUnavailable):
            return work()
    return work()


def _hold(port: int) -> socket.socket:
    """Keep other programs from the port while the server is down; it refuses connections.

    The server can listen on it, because both sockets allow that their address is used again.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((HOST, port))
    return holder


def memory_mb(pid: int) -> float | None:
    """Return the resident memory of a process, or None if it has gone."""
    with contextlib.suppress(OSError, IndexError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return None
