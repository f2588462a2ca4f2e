"""Runs a server as a child process that is gone when the tests are gone."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from tests.support.servers.free_ports import HOST

Server = TypeVar("Server")
Process = subprocess.Popen[bytes]

# Runs before the server in the same process. On Linux it asks the kernel to kill the server when
# the tests die, however they die; elsewhere only an orderly end of the tests stops it.
_LAUNCHER = """
import os, signal, sys
if sys.platform == "linux":
    import ctypes
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the tests ended before the server began")
os.execv(sys.argv[2], sys.argv[2:])
"""


class ServerFailedError(RuntimeError):
    """A server could not be started; the message ends with the tail of its log."""

    def __init__(self, what: str, log: Path) -> None:
        tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
        super().__init__(f"{what}; the end of {log}:\n{tail}")


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    directory: Path,
    ready: Callable[[], object],
    env: Mapping[str, str] | None = None,
    patience: float = 30.0,
) -> Iterator[Process]:
    """Run a server until the block ends, then kill it and everything that it started.

    It is ready once `ready()` neither raises nor returns a false value. Start it in the main
    thread: on Linux it dies with the thread that started it. What it prints is kept in
    `server.log` in its directory.
    """
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "server.log"
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid())]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*launch, *map(str, command)],
            cwd=directory,
            env=_plain_environment(directory) | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until(ready, process, log, patience)
        yield process
    finally:
        kill(process)


def kill(process: Process) -> None:
    """Kill a server and its children as a power cut would; harmless when it is dead already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _plain_environment(directory: Path) -> dict[str, str]:
    # Neither credentials nor settings of the person at this machine reach a test server.
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {"HOME": str(directory), "TMPDIR": str(directory)}


def _wait_until(ready: Callable[[], object], process: Process, log: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    last: Exception | None = None
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailedError(f"the server ended with status {process.returncode}", log)
        try:
            if ready():
                return
        except Exception as error:  # noqa: BLE001  reason: each client has errors of its own for "not yet"
            last = error
        time.sleep(0.02)
    raise ServerFailedError(f"the server was not ready after {patience} s ({last!r})", log)


def started(
    stack: contextlib.ExitStack,
    once: Callable[[], contextlib.AbstractContextManager[Server]],
) -> Server:
    """Enter a server, up to three times: a free port can be taken just before it is used."""
    for _ in range(2):
        with contextlib.suppress(ServerFailedError):
            return stack.enter_context(once())
    return stack.enter_context(once())


def program(name: str) -> Path:
    """Return a program that a package put beside the Python interpreter."""
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; see requirements-dev.txt")
    return Path(found)


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
