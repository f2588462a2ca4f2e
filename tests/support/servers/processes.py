"""Servers as child processes that end with the tests."""

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

# Runs before the server in the same process. On Linux the kernel then kills the server when the
# tests end, however they end; elsewhere only an orderly end of the tests does.
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
    """A server did not start; the message ends with the last lines of its log."""

    def __init__(self, what: str, log: Path) -> None:
        tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
        super().__init__(f"{what}; the end of {log}:\n{tail}")


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    directory: Path,
    ready: Callable[[], object],
    env: Mapping[str, str] | None = None,
    timeout: float = 120.0,
) -> Iterator[Process]:
    """Run a server until the block ends, then kill it and its child processes.

    The server is ready once `ready()` neither raises nor returns a false value. Start it in the
    main thread: on Linux it ends with the thread that started it. Its output is kept in
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
        _wait_until(ready, process, log, timeout)
        yield process
    finally:
        kill(process)


def kill(process: Process) -> None:
    """Kill -9 a server and its child processes, if they still run."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _plain_environment(directory: Path) -> dict[str, str]:
    # No credentials and settings of this machine's user reach a test server.
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {"HOME": str(directory), "TMPDIR": str(directory)}


def _wait_until(ready: Callable[[], object], process: Process, log: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    last: Exception | None = None
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailedError(f"the server ended with status {process.returncode}", log)
        try:
            if ready():
                return
        except Exception as error:  # noqa: BLE001  reason: each client has its own errors for "not ready"
            last = error
        time.sleep(0.02)
    raise ServerFailedError(f"the server was not ready after {timeout} s ({last!r})", log)


def started(
    stack: contextlib.ExitStack,
    once: Callable[[], contextlib.AbstractContextManager[Server]],
) -> Server:
    """Start a server, trying three times: another process can take a free port first."""
    for _ in range(2):
        with contextlib.suppress(ServerFailedError):
            return stack.enter_context(once())
    return stack.enter_context(once())


def program(name: str) -> Path:
    """Return the path of a program that a Python package has installed."""
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; see requirements-dev.txt")
    return Path(found)


def listens(port: int) -> bool:
    """Return whether a process accepts connections on a port."""
    with socket.socket() as probe:
        probe.settimeout(10)
        return probe.connect_ex((HOST, port)) == 0
