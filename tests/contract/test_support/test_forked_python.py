"""Forked programs behave like those of a new interpreter."""

import json
import os
import signal
from pathlib import Path

from tests.support.servers.forked_python import Program, start

_REPORT = """
import atexit, json, os, sys, threading
atexit.register(print, "the end")
print(json.dumps({
    "arguments": sys.argv[1:],
    "directory": os.getcwd(),
    "environment": dict(os.environ),
    "input": sys.stdin.read(),
    "descriptors": len(os.listdir("/proc/self/fd")) - 1,
    "session": os.getsid(0) == os.getpid(),
    "main": __name__,
    "clients": "prometheus_client" in sys.modules,
}))
threading.Timer(0.01, print, ["a thread"]).start()
sys.exit("a reason")
"""


def test_a_program_has_its_own_environment(tmp_path: Path) -> None:
    """Arguments, environment, folder, streams and exit status are the program's own."""
    (tmp_path / "report.py").write_text(_REPORT)
    variables = {"PATH": os.environ["PATH"], "TZ": "UTC"}
    program = Program(
        "report", ("-x", "y"), tmp_path, variables, tmp_path / "output", tmp_path / "errors"
    )
    assert start(program).wait(60) == 1
    assert (tmp_path / "errors").read_text() == "a reason\n"
    report, *rest = (tmp_path / "output").read_text().splitlines()
    assert rest == ["a thread", "the end"]
    assert json.loads(report) == {
        "arguments": ["-x", "y"],
        "directory": str(tmp_path),
        "environment": variables,
        "input": "",
        "descriptors": 3,
        "session": True,
        "main": "__main__",
        "clients": False,
    }


def test_a_program_can_be_killed(tmp_path: Path) -> None:
    """A signal ends it, and its number is the negative exit status."""
    (tmp_path / "sleep.py").write_text("import time; time.sleep(600)")
    process = start(Program("sleep", (), tmp_path, {}, tmp_path / "output"))
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    process.send_signal(signal.SIGKILL)  # nothing happens: the number may be another process's
