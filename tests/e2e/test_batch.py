"""A batch that is killed and resumed pays for each image once."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.models import State
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.gunicorn import ROOT, environment, wait_for
from tests.support.service import openai_settings

ROWS = 200
AT_ONCE = 4


@contextmanager
def batch(folder: Path, fake: FakeOpenAI, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `flask images generate` on the file of prompts."""
    settings = openai_settings(fake) | {
        "data_dir": folder / "data",
        "openai_timeout_seconds": 120,  # longer than any test waits
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "images", "generate"]
    process = subprocess.Popen(
        [*command, "--file", folder / "prompts.txt", "--json", *options],
        cwd=folder,
        env=environment(settings) | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def report_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for its end, and return what it told."""
    out, err = process.communicate(timeout=120)
    assert out, err
    report: dict[str, Any] = json.loads(out)
    return report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with a file of two hundred prompts."""
    prompts = "".join(f"A fox, number {number}\n" for number in range(ROWS))
    (tmp_path / "prompts.txt").write_text(prompts)
    return tmp_path


class HeldBack:
    """Calls that wait in the model until something happens, and how many there are."""

    def __init__(self, released: threading.Event) -> None:
        self.count = 0
        self.fault = Fault("held_back", paid=True, wait=self._wait)
        self._released = released
        self._lock = threading.Lock()

    def _wait(self, _: object) -> None:
        with self._lock:
            self.count += 1
        self._released.wait(120)


def end_leases(folder: Path) -> int:
    """Let as much time pass as the rows of a dead process need to be free; return how many."""
    records = SqliteRecords(SqliteDatabase(folder / "data" / "records.sqlite3"))
    pending = [row for row in records.scan(limit=2 * ROWS) if row.state is State.PENDING]
    for row in pending:
        assert records.compare_and_swap(
            row, replace(row, lease_until=row.requested_at + timedelta(0))
        )
    records.close()
    return len(pending)


def test_two_hundred_images_killed_half_way_are_paid_once(
    folder: Path, fake_openai: FakeOpenAI
) -> None:
    """Those that were being drawn at the kill were paid: they are told, and never bought again."""
    drawn = threading.Event()
    with batch(folder, fake_openai, "--concurrency", str(AT_ONCE)) as process:
        for drawn_so_far in range(ROWS // 2):  # each within what a busy machine may take
            wait_for(lambda: fake_openai.paid > drawn_so_far)  # noqa: B023 - reason: used at once
        held = HeldBack(drawn)
        fake_openai.always("images", held.fault)
        wait_for(lambda: held.count == AT_ONCE)
        process.send_signal(signal.SIGKILL)
        process.wait()
    drawn.set()
    assert end_leases(folder) == AT_ONCE
    with batch(folder, fake_openai, "--resume") as process:
        report = report_of(process)
    assert report["drawn"] + report["drawn_before"] + report["failed"] == ROWS
    assert {failure["code"] for failure in report["failures"]} == {"outcome_unknown"}
    assert report["failed"] == report["perhaps_paid_without_image"] == AT_ONCE
    assert fake_openai.paid == ROWS
    assert len(fake_openai.requests_to("images")) == ROWS


def test_ctrl_c_lets_what_is_drawn_end(folder: Path, fake_openai: FakeOpenAI) -> None:
    """Nothing is lost: the next run draws the rest, and exactly the rest."""
    with batch(folder, fake_openai) as process:
        wait_for(lambda: fake_openai.paid >= 20)
        process.send_signal(signal.SIGINT)
        report = report_of(process)
    assert process.returncode == 1
    assert report["failed"] == 0
    assert report["drawn"] == fake_openai.paid < ROWS
    assert report["left"] == ROWS - report["drawn"]
