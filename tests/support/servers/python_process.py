"""Runs pieces of Python in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]


def start(
    code: str, *arguments: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start Python on this code, with the project's packages in reach."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for an orderly end and return what was printed."""
    said, complained = process.communicate(timeout=30)
    assert process.returncode == 0, complained
    return said


def run(
    code: str, *arguments: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> str:
    """Run Python on this code to its end and return what it printed."""
    return finish(start(code, *arguments, cwd=cwd, env=env))
