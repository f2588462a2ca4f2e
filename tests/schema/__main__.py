"""`make fuzz`: run Schemathesis against the service on embedded parts."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.schema.run import run
from tests.support.network_guard import clean_environment
from tests.support.servers.gunicorn import gunicorn


def main() -> int:
    """Run Schemathesis and return the exit status: 1 after a failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=1000, help="requests per operation")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    clean_environment(os.environ)
    with (
        tempfile.TemporaryDirectory() as folder,
        gunicorn(Path(folder) / "server", log_level="WARNING") as server,
    ):
        outcome = run(server.url, Path(folder), examples=given.examples, seed=given.seed)
    sys.stdout.write(f"{outcome.printed if outcome.failures else ''}{outcome.summary()}\n")
    return 1 if outcome.failures else 0


sys.exit(main())
