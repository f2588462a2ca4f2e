"""`flask images doctor` in this process."""

import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from app import create_app
from app.cli.images import doctor as doctor_command
from app.config import Settings
from tests.support.diagnostic_findings import Doctor, DoctorOutput
from tests.support.fake_openai import SECRET_MARKER


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Run the command in this process, in an empty folder, with these settings only."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["flask"])  # gunicorn's settings read it: `pytest -k` has a -k
    # Checks of parts that respond may take longer on a busy machine.
    monkeypatch.setattr(doctor_command, "_SECONDS", 120.0)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def run(*arguments: str, **settings: Any) -> DoctorOutput:
        for name, value in ({"data_dir": tmp_path / "data"} | settings).items():
            monkeypatch.setenv(name.upper(), str(value))
        runner = create_app().test_cli_runner()
        done: Result = runner.invoke(args=["images", "doctor", *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit)
        secrets = (SECRET_MARKER, *Settings.load().secrets)
        assert not [secret for secret in secrets if secret in done.output]
        return DoctorOutput(done.exit_code, done.stdout)

    return run
