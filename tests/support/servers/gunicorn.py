"""The service under gunicorn with the shipped settings, in processes of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.servers.forked_python import ForkedProcess, Program, start
from tests.support.servers.free_ports import free_port
from tests.support.servers.processes import listens
from tests.support.service import NO_LIMITS

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "gunicorn.conf.py"
# Bounds for what usually takes milliseconds or a second: another machine may be ten times slower,
# and busy. No test measures time with them.
START_SECONDS = 240
TIMEOUT_SECONDS = 120

# A worker that stops waits two seconds for a connection that can be used again.
_NO_KEEP_ALIVE = {"Connection": "close"}


@dataclass
class Gunicorn:
    """A running gunicorn."""

    url: str
    process: subprocess.Popen[bytes] | ForkedProcess
    log_file: Path

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Send a GET on a new connection, so that any worker may respond."""
        return requests.get(
            self.url + path, timeout=TIMEOUT_SECONDS, headers=_NO_KEEP_ALIVE, **options
        )

    def generate(
        self, prompt: str = "A red fox", idempotency_key: str = "", **fields: Any
    ) -> requests.Response:
        """Generate an image, on a new connection."""
        key = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return requests.post(
            f"{self.url}/generate-image",
            json={"prompt": prompt, **fields},
            timeout=TIMEOUT_SECONDS,
            headers=_NO_KEEP_ALIVE | key,
        )

    def log(self) -> str:
        """Return the log so far."""
        return self.log_file.read_text()

    def log_lines(self) -> list[dict[str, Any]]:
        """Return the log so far, if LOG_FORMAT is json."""
        return [json.loads(line) for line in self.log().splitlines()]

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        master = self.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text()
        return [int(child) for child in children.split()]

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
        """Wait until the master exits; return its exit status."""
        return self.process.wait(TIMEOUT_SECONDS)


def generate_when_idle(server: Gunicorn) -> requests.Response:
    """Generate an image as soon as a worker has a free slot."""
    while (response := server.generate()).status_code == 503 and response.json()["code"] == "busy":
        time.sleep(0.02)
    return response


def _no_limits() -> dict[str, str]:
    return {name.upper(): value for name, value in NO_LIMITS.items()}


def environment(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of this process with the settings, by their names in it."""
    given = {name.upper(): str(value) for name, value in settings.items()}
    return {**os.environ, "PYTHONWARNINGS": "error", **_no_limits(), **given}


@contextlib.contextmanager
def gunicorn(
    directory: Path,
    config: Path = SHIPPED,
    wrapper: Sequence[str] = (),
    options: Sequence[str] = (),
    /,
    **settings: Any,
) -> Iterator[Gunicorn]:
    """Run gunicorn until the block ends, in a directory without an .env file.

    Args:
        directory: for data, log and temporary files.
        config: gunicorn's settings file.
        wrapper: a command that replaces itself by the command behind it.
        options: of gunicorn's command line.
        settings: of the service, by their names in lower case.
    """
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    defaults = {
        "data_dir": directory / "data",
        "port": port,
        "log_format": "text",
        "tmpdir": directory,
    }
    log_file = directory / "log"
    gunicorn_options = ["--config", str(config), *options]
    program = Program(
        "gunicorn",
        (*gunicorn_options, "wsgi:app"),
        directory=directory,
        environment=environment(defaults | settings) | {"PYTHONPATH": str(ROOT)},
        output=log_file,
    )
    server = Gunicorn(f"http://127.0.0.1:{port}", _start(program, wrapper), log_file)
    try:
        _wait_until_it_responds(server)
        yield server
    finally:
        server.kill()


def _start(program: Program, wrapper: Sequence[str]) -> subprocess.Popen[bytes] | ForkedProcess:
    """Fork gunicorn, or start it if a wrapper or gevent has to come before any import."""
    options = (*program.arguments, program.environment.get("GUNICORN_CMD_ARGS", ""))
    if not wrapper and not any("gevent" in option for option in options):
        return start(program)
    with program.output.open("ab") as log:
        return subprocess.Popen(
            [*wrapper, sys.executable, "-m", program.module, *program.arguments],
            cwd=program.directory,
            env=program.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_until_it_responds(server: Gunicorn) -> None:
    deadline = time.monotonic() + START_SECONDS
    _, port = server.address
    while time.monotonic() < deadline and server.process.poll() is None:
        if listens(port):  # far cheaper than a request that fails
            with contextlib.suppress(requests.ConnectionError):
                server.get("/healthz")
                return
        time.sleep(0.05)
    raise AssertionError(f"gunicorn did not start:\n{server.log()}")
