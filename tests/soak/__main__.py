"""`make soak`: run the soak test for twenty minutes and print a table."""

import argparse
import os
import sys
from pathlib import Path

from tests.soak.run import soak
from tests.support.network_guard import clean_environment


def main() -> int:
    """Run the soak test and return the exit status: 1 after a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="an empty folder to keep logs and data in")
    given = parser.parse_args()
    clean_environment(os.environ)
    result = soak(given.minutes * 60, given.seed, folder=given.folder)
    sys.stdout.write(f"{len(result.violations)} violations in {given.minutes:g} minutes\n")
    return 1 if result.violations else 0


sys.exit(main())
