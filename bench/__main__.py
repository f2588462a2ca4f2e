"""Run every measurement and print its table: `make bench`."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

MEASUREMENTS = (
    "imports",
    "generation",
    "serving",
    "serving.variant_hits",
    "serving.auth",
    "listing",
    "imaging.variants",
    "generation.concurrent",
    "serving.preload",
)
"""Modules of this package, in the order in which they run."""
PROGRAMS = {"wrk": "on Debian and Ubuntu: apt install wrk"}
"""Programs that no Python package contains, and how to install them."""


def main() -> None:
    """Run the measurements one after the other.

    Raises:
        SystemExit: a requirement is missing; nothing was measured.
    """
    problems = list(find_problems())
    if problems:
        sys.exit("\n".join(problems))
    for name in MEASUREMENTS:
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)


def find_problems() -> Iterator[str]:
    """Yield what prevents the measurements on this machine."""
    if sys.platform != "linux":
        yield "The measurements read /proc, which only Linux has."
    for name, how in PROGRAMS.items():
        if shutil.which(name) is None:
            yield f"{name} is missing; {how}"


if __name__ == "__main__":
    main()
