"""Python code in processes of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]


def start(
    code: str, *arguments: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start Python with this code, which can import the project's packages."""
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
    """Wait until the process exits with status 0, and return its output."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


def run(
    code: str, *arguments: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> str:
    """Run Python with this code, and return its output."""
    return finish(start(code, *arguments, cwd=cwd, env=env))
