"""Batches that are killed or interrupted, and resumed: each image is paid for once."""

import json
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.models import State
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import Behavior, FakeOpenAI
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.forked_python import ForkedProcess, Program, start
from tests.support.servers.gunicorn import ROOT, environment
from tests.support.service import openai_settings

PROMPTS = 24
CONCURRENCY = 4
_TIMEOUT_SECONDS = 600  # only limits how long a failing test takes


@dataclass(frozen=True)
class Batch:
    """A running `flask images generate`."""

    process: ForkedProcess
    output: Path
    errors: Path

    def report(self) -> dict[str, Any]:
        """Wait for the end of the command, and return its report."""
        self.process.wait(_TIMEOUT_SECONDS)
        assert self.output.read_text(), self.errors.read_text()
        report: dict[str, Any] = json.loads(self.output.read_text())
        return report


@contextmanager
def batch(folder: Path, fake: FakeOpenAI, *options: str) -> Iterator[Batch]:
    """Run `flask images generate` on the file of prompts."""
    settings = openai_settings(fake) | {
        "data_dir": folder / "data",
        "openai_timeout_seconds": _TIMEOUT_SECONDS,
    }
    output, errors = (Path(tempfile.mkdtemp(dir=folder)) / name for name in ("out", "err"))
    program = Program(
        "flask",
        ("--app", "wsgi", "images", "generate", "--file", "prompts.txt", "--json", *options),
        directory=folder,
        environment=environment(settings) | {"PYTHONPATH": str(ROOT)},
        output=output,
        errors=errors,
    )
    running = Batch(start(program), output, errors)
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of prompts."""
    prompts = "".join(f"A fox, number {number}\n" for number in range(PROMPTS))
    (tmp_path / "prompts.txt").write_text(prompts)
    return tmp_path


class HeldRequests:
    """Requests after the first ones, which the model holds back until they are released.

    The images are small.
    """

    def __init__(self, fake: FakeOpenAI, *, after: int) -> None:
        self._count = 0
        self._changed = threading.Condition()
        self._released = threading.Event()
        fake.image = encoded(owl(128, 128))
        fake.script("images", *[Behavior("normal", paid=True)] * after)
        fake.always("images", Behavior("held", paid=True, wait=self._hold))

    def wait_for(self, count: int) -> None:
        """Wait until this number of requests is held back."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._count == count, _TIMEOUT_SECONDS)

    def release(self) -> None:
        """Let the held requests end, and hold back no others."""
        self._released.set()

    def _hold(self, _: object) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()
        self._released.wait(_TIMEOUT_SECONDS)


def end_leases(folder: Path) -> int:
    """End the leases of a killed process, as time would. Return how many there were."""
    records = SqliteRecords(SqliteDatabase(folder / "data" / "records.sqlite3"))
    pending = [
        record for record in records.scan(limit=2 * PROMPTS) if record.state is State.PENDING
    ]
    for record in pending:
        ended = replace(record, lease_until=record.requested_at + timedelta(0))
        assert records.compare_and_swap(record, ended)
    records.close()
    return len(pending)


def test_killed_batch_is_resumed_without_paying_twice(
    folder: Path, fake_openai: FakeOpenAI
) -> None:
    """Images in progress at the kill were paid for: they are reported, and not generated again."""
    held = HeldRequests(fake_openai, after=PROMPTS // 2)
    with batch(folder, fake_openai, "--concurrency", str(CONCURRENCY)) as killed:
        held.wait_for(CONCURRENCY)
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait()
    held.release()
    assert end_leases(folder) == CONCURRENCY
    with batch(folder, fake_openai, "--resume") as resumed:
        report = resumed.report()
    assert report["generated"] + report["already_generated"] + report["failed"] == PROMPTS
    assert {failure["code"] for failure in report["failures"]} == {"outcome_unknown"}
    assert report["failed"] == report["possibly_charged_without_image"] == CONCURRENCY
    assert fake_openai.paid == PROMPTS
    assert len(fake_openai.requests_to("images")) == PROMPTS


def test_ctrl_c_completes_the_images_in_progress(folder: Path, fake_openai: FakeOpenAI) -> None:
    """After Ctrl-C the images in progress are completed, and no others are started."""
    started = PROMPTS // 2
    held = HeldRequests(fake_openai, after=started)
    with batch(folder, fake_openai, "--concurrency", str(CONCURRENCY)) as stopped:
        held.wait_for(CONCURRENCY)
        stopped.process.send_signal(signal.SIGINT)
        wait_until(lambda: "Stopping" in stopped.errors.read_text())
        held.release()
        report = stopped.report()
    assert stopped.process.returncode == 1
    assert report["failed"] == 0
    assert report["generated"] == fake_openai.paid == started + CONCURRENCY
    assert report["not_started"] == PROMPTS - report["generated"]
