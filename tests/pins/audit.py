"""`make audit`: look every pinned package up in the index of known vulnerabilities.

pip-audit reports success for packages that it could not look up, for example without a network.
Here the audit fails unless each pin was looked up. Markers are ignored: a package that only other
versions of Python install is looked up too.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.pins.requirements import HASHED, UNHASHED, Pin, read_pins


def main(program: str) -> int:
    """Run pip-audit on all requirement files and return the exit status."""
    files = [read_pins(path.read_text(encoding="utf-8")) for path in (*HASHED, *UNHASHED)]
    pins = {(pin.name, pin.version): pin for file in files for pin in file}.values()
    found = problems(_look_up(program, pins), pins)
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    summary = f"{len(found)} problems" if found else "no known vulnerabilities"
    sys.stdout.write(f"{len(pins)} pinned packages: {summary}\n")
    return 1 if found else 0


def problems(report: dict[str, Any], pins: Iterable[Pin]) -> list[str]:
    """Return the known vulnerabilities, and the pins that were not looked up.

    Args:
        report: what `pip-audit --format json` writes.
        pins: all packages that the report must contain.
    """
    looked_up = {
        (package["name"], package["version"]): package["vulns"]
        for package in report["dependencies"]
        if "skip_reason" not in package
    }
    found = []
    for pin in pins:
        vulnerabilities = looked_up.get((pin.name, pin.version))
        if vulnerabilities is None:
            found.append(f"{pin.name} {pin.version}: not looked up")
        else:
            found += [f"{pin.name} {pin.version}: {_describe(item)}" for item in vulnerabilities]
    return found


def _describe(vulnerability: dict[str, Any]) -> str:
    fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
    return f"{vulnerability['id']}, fixed in {fixed}"


def _look_up(program: str, pins: Iterable[Pin]) -> dict[str, Any]:
    """Return pip-audit's report; an empty one if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in pins))
        command = [program, "--no-deps", "--disable-pip", "--progress-spinner", "off"]
        done = subprocess.run(
            [*command, "--format", "json", "--requirement", str(requirements)],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return {"dependencies": []}
    return report


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
