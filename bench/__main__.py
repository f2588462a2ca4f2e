"""`make bench`: run every measurement and print its table."""

import shutil
import subprocess
import sys

MEASUREMENTS = (
    "imports", "generation", "serving", "variant_hits", "auth",
    "listing", "variants", "many", "preload",
)  # fmt: skip
PROGRAMS = {"wrk": "on Debian and Ubuntu: apt install wrk"}
"""What no Python package brings, and where it comes from."""


def main() -> None:
    """Run them in turn.

    Raises:
        SystemExit: a program is missing; nothing was measured.
    """
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if sys.platform != "linux":
        sys.exit("The measurements read /proc, which only Linux has.")
    if missing:
        sys.exit("\n".join(f"{name} is missing; {PROGRAMS[name]}" for name in missing))
    for name in MEASUREMENTS:
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)


if __name__ == "__main__":
    main()
