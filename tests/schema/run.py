"""Run Schemathesis, which derives valid and invalid requests from the OpenAPI document."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The document can't express everything, such as that `page` and `cursor` exclude each other or
# that an Idempotency-Key was used for another body. Requests that it allows may still be refused.
_LEFT_OUT = "positive_data_acceptance"
_SECONDS = "300"  # images are drawn; no result depends on the machine's speed
_REFUSALS = [400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 429, 431]  # of invalid requests
_LONG_LINE = re.compile(r"(.{400}).+")


@dataclass(frozen=True)
class Outcome:
    """The report of a run as written by Schemathesis, and its output."""

    report: dict[str, Any]
    printed: str

    @property
    def cases(self) -> int:
        """The number of generated requests."""
        return int(self.report["test_cases"]["generated"])

    @property
    def failures(self) -> list[Any]:
        """The failed checks, and the operations that could not be tested."""
        return [*self.report["failures"], *self.report["errors"]]

    def summary(self) -> str:
        """Return a summary of three lines."""
        phases = ", ".join(
            f"{name}: {phase['status']}" for name, phase in self.report["phases"].items()
        )
        tested, total = (self.report["operations"][name] for name in ("tested", "total"))
        return (
            f"{self.cases} requests to {tested} of {total} operations, seed {self.report['seed']}\n"
            f"{phases}\n{len(self.failures)} failures"
        )


def run(
    url: str, folder: Path, *, examples: int, seed: int, keys: Mapping[str, str] | None = None
) -> Outcome:
    """Test the service at `url`.

    Args:
        url: the address of the service.
        folder: for reports and configuration.
        keys: API keys of two or more callers, by name, who must not see each other's images.
            Calls that need a key are also tried without one.
        examples: random requests per operation, and sequences of related requests.
        seed: the same seed makes the same requests.
    """
    report = folder / "report.json"
    _configure(folder, keys or {})
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("run", f"{url}/openapi.json", "--no-color"),
        *("--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure"),
        *("--checks", "all", "--exclude-checks", _LEFT_OUT),
        *("--request-timeout", _SECONDS, "--max-response-time", _SECONDS),
        *("--report", "json", "--report-json-path", str(report)),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    printed = _LONG_LINE.sub(r"\1...", done.stdout + done.stderr)
    if not report.exists():
        raise RuntimeError(f"Schemathesis did not run:\n{printed}")
    return Outcome(json.loads(report.read_text()), printed)


def _configure(folder: Path, keys: Mapping[str, str]) -> None:
    """Write the expected statuses and the callers to Schemathesis's configuration."""
    config = f"[checks]\nnegative_data_rejection.expected-statuses = {_REFUSALS}\n"
    if keys:
        config += _callers(folder, keys)
    (folder / "schemathesis.toml").write_text(config)


def _callers(folder: Path, keys: Mapping[str, str]) -> str:
    users = [
        {
            "name": name,
            "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key}"}],
        }
        for name, key in keys.items()
    ]
    (folder / "users.json").write_text(json.dumps({"auth": users}))
    peers = json.dumps(list(keys))
    return f'[auth.wfc]\npath = "users.json"\npeers = {peers}\n'
