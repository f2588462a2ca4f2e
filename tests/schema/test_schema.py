"""The running service against its own description."""

from pathlib import Path
from typing import Any

from tests.e2e.server import gunicorn
from tests.schema.run import run

EXAMPLES, SEED = 150, 20261123


def test_no_request_breaks_the_service_or_its_description(
    tmp_path: Path, shared: dict[str, Any]
) -> None:
    """Among thousands of requests none gives a 500 or an answer that isn't documented.

    What the description forbids is refused; what was deleted is gone; what was made is there.
    """
    with gunicorn(tmp_path / "server", **shared, web_concurrency=1, log_level="WARNING") as server:
        outcome = run(server.url, tmp_path, examples=EXAMPLES, seed=SEED)
        log = server.log()
    assert outcome.failures == [], outcome.printed
    assert outcome.cases > 1500, outcome.summary()
    assert " ERROR " not in log
