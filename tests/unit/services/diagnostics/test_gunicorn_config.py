"""The check of gunicorn's settings, on the shipped file and on broken ones."""

from pathlib import Path

import pytest

from app.models import Level
from app.services.diagnostics.gunicorn_config import check_settings
from tests.support.diagnostic_findings import FAILED, NOT_USED, OK, WARNING, levels, texts, the

SHIPPED = Path(__file__).parents[4] / "gunicorn.conf.py"
GOOD = {"worker": OK, "threads": OK, "stop": OK, "heartbeat": OK}
pytestmark = pytest.mark.usefixtures("nothing_set")


def check(file: Path = SHIPPED) -> dict[str, Level]:
    """Check with the service's defaults."""
    return levels(check_settings(file, generations=128, call_seconds=120))


def test_the_shipped_settings_are_good() -> None:
    """The shipped file passes every check."""
    assert check() == GOOD


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ("--worker-class tornado", {"worker": FAILED}),
        ("--worker-class gthread", {"worker": WARNING}),
        ("--worker-class gevent", {"worker": WARNING, "threads": NOT_USED}),
        ("-k sync", {"worker": WARNING, "threads": NOT_USED}),
        ("-k sync --threads 200", {"worker": WARNING}),  # gunicorn makes it gthread
        ("--threads 128", {"threads": FAILED}),
        ("--threads 129", {}),
        ("--graceful-timeout 239", {"stop": FAILED}),
        ("--graceful-timeout 240", {}),
        ("--timeout 0", {"heartbeat": WARNING}),
        ("--timeout 5", {"heartbeat": WARNING}),
        ("--timeout 3600", {"heartbeat": WARNING}),
    ],
)
def test_the_environment_overrides_the_file(
    arguments: str, changed: dict[str, Level], monkeypatch: pytest.MonkeyPatch
) -> None:
    """GUNICORN_CMD_ARGS has precedence, as in gunicorn itself."""
    monkeypatch.setenv("GUNICORN_CMD_ARGS", arguments)
    assert check() == GOOD | changed


def test_the_file_overrides_the_defaults(tmp_path: Path) -> None:
    """The defaults of gunicorn are not sufficient."""
    file = tmp_path / "gunicorn.conf.py"
    file.write_text("worker_class = 'gthread'\n")
    assert check(file) == {"worker": WARNING, "threads": FAILED, "stop": FAILED, "heartbeat": OK}


@pytest.mark.parametrize(
    "content",
    [
        "threads = 'many'",
        "raise RuntimeError('hunter2')",
        "import sys; sys.exit('hunter2')",
        "import no_such_module",
        "=",
        None,
    ],
)
def test_a_file_that_can_not_be_loaded_fails(tmp_path: Path, content: str | None) -> None:
    """Any error in the file is a finding, without the error's text."""
    file = tmp_path / "gunicorn.conf.py"
    if content:
        file.write_text(content)
    found = list(check_settings(file, generations=128, call_seconds=120))
    assert the("settings", found).level is FAILED
    assert "hunter2" not in texts(found)


def test_invalid_arguments_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown option would prevent gunicorn's start."""
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--thread-count 5")
    found = list(check_settings(SHIPPED, generations=128, call_seconds=120))
    assert the("settings", found).level is FAILED
