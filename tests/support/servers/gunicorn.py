"""The service as operators run it: gunicorn with the shipped settings, in its own processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.servers.free_ports import free_port
from tests.support.service import NO_LIMITS

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "gunicorn.conf.py"
START_SECONDS = 20
TIMEOUT_SECONDS = 20
AT_ONCE = 4.0
"""Seconds for what takes milliseconds, as the machine may have other things to do."""

# Where a connection could be used again, a worker that stops waits two seconds for that.
_ALONE = {"Connection": "close"}


@dataclass
class Gunicorn:
    """A running gunicorn."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    def get(self, path: str, **options: Any) -> requests.Response:
        """Send a GET on a connection of its own, so that any worker may answer."""
        return requests.get(self.url + path, timeout=60, headers=_ALONE, **options)

    def generate(self, prompt: str = "A red fox", **fields: Any) -> requests.Response:
        """Ask for an image."""
        body = {"prompt": prompt, **fields}
        return requests.post(f"{self.url}/generate-image", json=body, timeout=60, headers=_ALONE)

    def log(self) -> str:
        """Return what was logged so far."""
        return self.log_file.read_text()

    def log_lines(self) -> list[dict[str, Any]]:
        """Return what was logged so far, where LOG_FORMAT is json."""
        return [json.loads(line) for line in self.log().splitlines()]

    def kill(self) -> None:
        """Kill -9 all processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def send(self, signal_number: int) -> None:
        """Send the master a signal."""
        self.process.send_signal(signal_number)

    def stop(self) -> int:
        """Stop gracefully; return the exit status."""
        self.send(signal.SIGTERM)
        return self.exit_status()

    def exit_status(self) -> int:
        """Wait for the end of the master; return its exit status."""
        return self.process.wait(TIMEOUT_SECONDS)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def until_there_is_room(server: Gunicorn) -> requests.Response:
    """Ask for an image until a worker with room takes the request."""
    while (answer := server.generate()).status_code == 503 and answer.json()["code"] == "busy":
        time.sleep(0.02)
    return answer


def _no_limits() -> dict[str, str]:
    return {name.upper(): value for name, value in NO_LIMITS.items()}


def environment(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of this process with the settings, by their names in it."""
    given = {name.upper(): str(value) for name, value in settings.items()}
    return {**os.environ, "PYTHONWARNINGS": "error", **_no_limits(), **given}


@contextlib.contextmanager
def gunicorn(
    folder: Path, config: Path = SHIPPED, wrapper: Sequence[str] = (), /, **settings: Any
) -> Iterator[Gunicorn]:
    """Run gunicorn until the block ends, in a folder without an .env file.

    The wrapper is a command that runs the command behind it in its own place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    defaults = {"data_dir": folder / "data", "port": port, "log_format": "text", "tmpdir": folder}
    log_file = folder / "log"
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [*wrapper, sys.executable, "-m", "gunicorn", "--config", config, "wsgi:app"],
            cwd=folder,
            env=environment(defaults | settings) | {"PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Gunicorn(f"http://127.0.0.1:{port}", process, log_file)
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        server.kill()


def _wait_until_it_answers(server: Gunicorn) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            server.get("/healthz")
            return
        time.sleep(0.05)
    raise AssertionError(f"gunicorn did not start:\n{server.log()}")
