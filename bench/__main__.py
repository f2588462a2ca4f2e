"""`make bench`: run every measurement and print its table."""

import shutil
import sys
from importlib import import_module

MEASUREMENTS = ("imports", "generation", "serving", "listing", "variants", "many", "preload")
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
        import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
