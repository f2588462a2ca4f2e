"""Commands close their connections when they end."""

import gc
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.cli import FlaskGroup

from app import create_app
from tests.support.service import Parts, settings_for


@pytest.mark.parametrize("command", ["images reconcile", "images list", "keys list"])
def test_commands_close_their_connections(command: str, parts: Parts, tmp_path: Path) -> None:
    """No client of S3, MongoDB or Redis is left to the garbage collector."""
    settings = settings_for(data_dir=tmp_path, **parts.settings)
    group = FlaskGroup(create_app=lambda: create_app(settings), load_dotenv=False)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        result = CliRunner().invoke(group, command.split())
        gc.collect()
    assert result.exit_code == 0, result.output
    assert [str(warning.message) for warning in warned] == []


def test_doctor_closes_its_connections(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of its checks, also of the keys, which it reads from the records."""
    values = parts.settings | {"data_dir": tmp_path, "auth_required": True}
    for name, value in values.items():
        monkeypatch.setenv(name.upper(), str(value))
    monkeypatch.chdir(tmp_path)
    group = FlaskGroup(create_app=create_app, load_dotenv=False)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        result = CliRunner().invoke(group, ["images", "doctor"])
        gc.collect()
    assert "access" in result.output
    assert [str(warning.message) for warning in warned] == []
