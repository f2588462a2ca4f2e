"""Lets Schemathesis make requests from the service's own description, right and wrong ones."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A description can't say everything, such as that `page` and `cursor` exclude each other or that
# an Idempotency-Key was used for another body. So what it allows may still be refused.
_LEFT_OUT = "positive_data_acceptance"
_LONG_LINE = re.compile(r"(.{400}).+")


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its report as Schemathesis writes it, and what it printed."""

    report: dict[str, Any]
    printed: str

    @property
    def cases(self) -> int:
        """How many requests were made up."""
        return int(self.report["test_cases"]["generated"])

    @property
    def failures(self) -> list[Any]:
        """What broke a check, and what could not be tried at all."""
        return [*self.report["failures"], *self.report["errors"]]

    def summary(self) -> str:
        """Return a few lines for people."""
        phases = ", ".join(
            f"{name}: {phase['status']}" for name, phase in self.report["phases"].items()
        )
        tested, total = (self.report["operations"][name] for name in ("tested", "total"))
        return (
            f"{self.cases} requests to {tested} of {total} operations, seed {self.report['seed']}\n"
            f"{phases}\n{len(self.failures)} failures"
        )


def run(url: str, folder: Path, *, examples: int, seed: int) -> Outcome:
    """Try the service at `url`; the reports go to the folder.

    Args:
        url: where it runs.
        folder: for files that are left behind.
        examples: requests an operation in the phase that makes them up at random, and sequences
            of requests that belong together.
        seed: the same one makes the same requests.
    """
    report = folder / "report.json"
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("run", f"{url}/openapi.json", "--no-color"),
        *("--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure"),
        *("--checks", "all", "--exclude-checks", _LEFT_OUT),
        *("--report", "json", "--report-json-path", str(report)),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    printed = _LONG_LINE.sub(r"\1...", done.stdout + done.stderr)
    if not report.exists():
        raise RuntimeError(f"Schemathesis did not run:\n{printed}")
    return Outcome(json.loads(report.read_text()), printed)
