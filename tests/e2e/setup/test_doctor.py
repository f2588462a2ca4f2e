"""`flask images doctor` as an operator runs it: its output and its exit status."""

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from app import create_app
from app.cli.images import doctor as doctor_command
from tests.support.diagnostic_findings import Doctor
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.forked_python import run
from tests.support.servers.gunicorn import ROOT, environment
from tests.support.service import Parts
from tests.support.time_limits import short_limits

SHIPPED_SECONDS = doctor_command._SECONDS
EMBEDDED = {
    "settings", "provider", "storage", "clock", "records", "cache", "data dir", "gunicorn",
    "access",
}  # fmt: skip


def run_doctor(folder: Path, settings: Mapping[str, object]) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    variables = environment(settings) | {"PYTHONPATH": str(ROOT)}
    return run("flask", ("--app", "wsgi", "images", "doctor"), folder, variables)


def test_in_an_empty_folder_nothing_fails(tmp_path: Path) -> None:
    """In a process of its own, with only DATA_DIR set; the table is at most 100 columns wide."""
    done = run_doctor(tmp_path, {"data_dir": tmp_path / "data"})
    assert done.returncode == 0, done.stdout + done.stderr
    head, *lines, empty, summary = done.stdout.splitlines()
    assert head.split()[:3] == ["PART", "CHECK", "RESULT"]
    assert {line[:9].strip() for line in lines} - {""} == EMBEDDED
    assert (empty, "failed" in summary) == ("", False)
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stderr
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["store"]


def test_invalid_settings_end_with_status_2(tmp_path: Path) -> None:
    """Every invalid setting is listed, without its value."""
    wrong = {"port": 70000, "redis_url": "http://:hunter2@x", "image_provider": "openai"}
    done = run_doctor(tmp_path, wrong)
    assert done.returncode == 2
    for name in ("PORT:", "REDIS_URL:", "IMAGE_PROVIDER:"):
        assert name in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("doctor")
def test_settings_that_became_invalid_end_with_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command loads the settings itself and names the invalid one."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    runner = create_app().test_cli_runner()
    monkeypatch.setenv("PORT", "none")
    done = runner.invoke(args=["images", "doctor"])
    assert done.exit_code == 2
    assert "PORT:" in done.stderr


def test_active_keys_are_counted_where_they_are_required(doctor: Doctor, tmp_path: Path) -> None:
    """No key is a warning, one is ok, and the check creates no file."""
    settings = {"auth_required": "true"}
    assert doctor("--json", **settings).result("access", "keys") == "warning"
    assert not (tmp_path / "data" / "records.sqlite3").exists()
    runner = create_app().test_cli_runner()
    assert runner.invoke(args=["keys", "create", "alice"]).exit_code == 0
    assert doctor("--json", **settings).result("access", "keys") == "ok"
    assert doctor("--json", **settings).failed() == set()


def test_working_parts_pass(doctor: Doctor, parts: Parts) -> None:
    """With S3, MongoDB, Redis and an OpenAI server nothing fails, and nothing is paid."""
    reported = doctor("--json", **parts.settings)
    assert (reported.status, reported.failed()) == (0, set())
    document = json.loads(reported.text)
    assert document["status"] == "ok"
    assert {one["part"] for one in document["findings"]} == EMBEDDED | {"budget"}
    for check in ("origins", "keys"):
        assert reported.result("access", check) == "warning"  # which is no failure
    assert {request.endpoint for request in parts.fake.requests} == {"models"}
    assert parts.fake.paid == 0


def test_silent_parts_are_not_waited_for(
    doctor: Doctor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no part responds, each has a finding after nine seconds; a busy machine takes longer."""
    monkeypatch.setattr(doctor_command, "_SECONDS", SHIPPED_SECONDS)
    assert SHIPPED_SECONDS < 10
    parts.fake.always("models", Fault.delay(120))
    for proxy in (parts.s3, parts.mongo, parts.redis):
        proxy.black_hole()
    start = time.monotonic()
    with short_limits(1):
        reported = doctor("--json", **parts.settings)
    assert time.monotonic() - start < 60
    assert reported.status == 1
    assert json.loads(reported.text)["status"] == "failed"
    assert reported.failed() == {
        ("provider", "key"), ("storage", "bucket"), ("records", "server"), ("cache", "server"),
    }  # fmt: skip
    assert reported.result("gunicorn", "worker") == "ok"


def test_a_failure_is_reported_with_an_advice(doctor: Doctor, parts: Parts) -> None:
    """A refused key fails, the table says how to fix it, and other parts are still checked."""
    wrong = "sk-wrong-000000000000-secret"
    reported = doctor(**(parts.settings | {"openai_api_key": wrong}))
    assert reported.status == 1
    lines = reported.text.splitlines()
    (number,) = [number for number, line in enumerate(lines) if line.startswith("provider")]
    assert lines[number].split()[:3] == ["provider", "key", "failed"]
    assert "-> set OPENAI_API_KEY" in lines[number + 1]
    assert "1 failed" in lines[-1]
    assert wrong not in reported.text
    assert "a record was written, read back and deleted" in reported.text


def test_without_s3_the_clock_is_compared_with_the_provider(
    doctor: Doctor, fake_openai: FakeOpenAI
) -> None:
    """A clock that is ten minutes off is a failure."""
    fake_openai.clock_ahead = 600
    key, address = fake_openai.api_key, fake_openai.base_url
    reported = doctor("--json", openai_api_key=key, openai_base_url=address)
    assert (reported.status, reported.failed()) == (1, {("clock", "skew")})


def test_a_key_in_a_wrong_setting_is_redacted(doctor: Doctor, fake_openai: FakeOpenAI) -> None:
    """An API key that was set as the name of a model is not shown."""
    reported = doctor(
        openai_api_key=fake_openai.api_key,
        openai_base_url=fake_openai.base_url,
        openai_image_model=fake_openai.api_key,
        openai_moderation_model="off",
    )
    assert reported.status == 1
    assert "*** is not available" in reported.text
    assert "prompts are not moderated" in reported.text


def test_a_full_disk_fails(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little free space is a failure of the command."""
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1))
    reported = doctor("--json")
    assert (reported.status, reported.failed()) == (1, {("data dir", "free space")})
