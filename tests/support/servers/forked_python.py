"""Python programs in processes of their own, forked from one that has imported the packages.

Importing Flask, the SDKs and the application takes a second or two of computing, much more than
all else that a server does until it is ready. A process without threads therefore does it once for
all programs of a test run; `multiprocessing` calls it a fork server.
"""

import atexit
import contextlib
import ctypes
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NoReturn

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.support.servers.preloaded_packages"])

_PR_SET_PDEATHSIG = 1
_RUN_SECONDS = 240.0  # only limits how long a failing test takes


@dataclass(frozen=True)
class Program:
    """A program like `python -m module arguments`.

    Its output is added to the file `output`, and its errors to `errors`, if given.
    """

    module: str
    arguments: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str]
    output: Path
    errors: Path | None = None


class ForkedProcess:
    """A started program, with the methods of `subprocess.Popen` that the tests need."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self.pid: int = process.pid
        self._process = process

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while the program runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit status, or None while the program runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the program ends; return its exit status."""
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutError(f"the program still runs after {timeout} s")
        return self.returncode

    def send_signal(self, signal_number: int) -> None:
        """Send the program a signal, unless it has ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal_number)


def start(program: Program) -> ForkedProcess:
    """Start a program in a session of its own."""
    process = _CONTEXT.Process(target=_run, args=(program,))
    process.start()
    started = ForkedProcess(process)
    while started.poll() is None and not _leads_a_session(started.pid):
        time.sleep(0.001)
    return started


def run(
    module: str, arguments: Iterable[object], directory: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program until it ends, and return its output like `subprocess.run`."""
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        words = tuple(map(str, arguments))
        process = start(Program(module, words, directory, environment, output, errors))
        status = process.wait(_RUN_SECONDS)
        return subprocess.CompletedProcess(
            (module, *words), status, output.read_text(), errors.read_text()
        )


def _leads_a_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


def _run(program: Program) -> None:
    """Become the program: from here on, only what is imported differs from a new process."""
    os.setsid()
    if sys.platform == "linux":  # ends with the fork server, which ends with the tests
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _open_standard_streams(program)
    os.environ.clear()
    os.environ.update(program.environment)
    time.tzset()
    os.chdir(program.directory)
    sys.path.insert(0, str(program.directory))
    sys.argv = [program.module, *program.arguments]
    status = 1
    try:
        runpy.run_module(program.module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as error:
        status = _exit_status(error)
    except BaseException:  # noqa: BLE001  reason: as the interpreter does
        traceback.print_exc()
    finally:
        _end(status)


def _open_standard_streams(program: Program) -> None:
    """Replace the streams of the fork server, and close all that it has open besides."""
    output, errors = (
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        for path in (program.output, program.errors or program.output)
    )
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, buffering=buffering, closefd=False)  # noqa: SIM115  reason: for as long as the process runs
        for number, mode, buffering in ((0, "r", -1), (1, "w", -1), (2, "w", 1))
    )


def _exit_status(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    print(error.code, file=sys.stderr)  # noqa: T201  reason: as the interpreter does
    return 1


def _end(status: int) -> NoReturn:
    """End as the interpreter does: wait for threads, call exit handlers, write out streams."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # reason: not in typeshed
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status & 0xFF)
