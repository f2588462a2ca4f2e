"""The running service against its OpenAPI document."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.schema.run import run
from tests.support.servers import forked_python
from tests.support.servers.gunicorn import ROOT, environment, gunicorn

EXAMPLES, SEED = 8, 20261123


def create_key(name: str, folder: Path, settings: Mapping[str, Any]) -> str:
    """Create an API key with the command."""
    variables = environment(settings) | {"PYTHONPATH": str(ROOT)}
    arguments = ("--app", "wsgi", "keys", "create", name)
    done = forked_python.run("flask", arguments, folder, variables)
    done.check_returncode()
    return done.stdout.strip()


def test_no_request_breaks_the_service_or_its_description(
    tmp_path: Path, shared: dict[str, Any]
) -> None:
    """Among many requests none gets a 500 or an undocumented response.

    Invalid requests are refused; calls that need a key are refused without one; an image is
    visible to the caller that made it and to no other; a deleted image is gone.
    """
    settings = shared | {"auth_required": True, "web_concurrency": 1, "log_level": "WARNING"}
    keys = {name: create_key(name, tmp_path, settings) for name in ("ann", "bob")}
    with gunicorn(tmp_path / "server", **settings) as server:
        outcome = run(server.url, tmp_path, examples=EXAMPLES, seed=SEED, keys=keys)
        log = server.log()
    assert outcome.failures == [], outcome.printed
    assert outcome.cases > 500, outcome.summary()
    assert " ERROR " not in log
