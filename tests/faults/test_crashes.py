"""Crashes: a gunicorn worker is killed at each critical point of a generation."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from app.container import build_ports
from app.errors import AppError
from app.ports import Ports
from tests.faults import checks
from tests.faults.row import Crash, ExpectedResponse, Kept, slug
from tests.faults.rows import CRASHES
from tests.faults.stage import (
    KEY,
    PROMPT,
    private_names_of,
    secrets_of,
    settings_of,
)
from tests.support.concurrency.threads import wait_until, wait_until_passes
from tests.support.servers.gunicorn import Gunicorn, gunicorn
from tests.support.service import Parts, close, settings_for

ROWS = [pytest.param(row, id=slug(row.what)) for row in CRASHES]
_SETTINGS = {
    "s3": ("s3_bucket_name", "s3_endpoint_url", "aws_access_key_id", "aws_secret_access_key"),
    "mongo": ("mongodb_uri",),
}
_PATIENCE = 60


class Killed:
    """A server whose worker is killed, with ports to inspect what is left."""

    def __init__(self, server: Gunicorn, ports: Ports, parts: Parts) -> None:
        self.server, self.ports, self.parts = server, ports, parts

    def ask(self, key: str = KEY) -> requests.Response:
        """Request the image with an idempotency key."""
        return requests.post(
            f"{self.server.url}/generate-image",
            json={"prompt": PROMPT},
            headers={"Idempotency-Key": key},
            timeout=_PATIENCE,
        )

    def crash(self, row: Crash) -> None:
        """Request an image, and kill the worker at the row's point; the connection breaks."""
        released, worker = threading.Event(), worker_of(self.server)
        row.at.set_up(self.parts, released)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(self.ask)
            row.at.wait(self.parts)
            if row.at.hasty:
                os.kill(worker, signal.SIGSTOP)
            wait_until_passes(
                lambda: _same(checks.kept(self.ports), row.kept), (AssertionError, AppError)
            )
            os.kill(worker, signal.SIGKILL)
            with pytest.raises(requests.ConnectionError):
                asked.result()
        released.set()
        self.parts.s3.pass_through()
        self.parts.mongo.pass_through()

    def end_lease(self) -> None:
        """Expire the lease of the only record."""
        (row,) = self.ports.records.scan(limit=2)
        past = row.requested_at - timedelta(hours=1)
        assert self.ports.records.compare_and_swap(row, replace(row, lease_until=past))

    def check(self, response: requests.Response, expected: ExpectedResponse) -> None:
        """Check a response, and the image behind it."""
        checks.check_response(response, expected, private_names_of(self.parts))
        if response.status_code == 200:
            served = self.server.get(f"/images/{response.json()['filename']}")
            checks.check_image(served.content, self.parts.fake)


def _same(found: Kept, expected: Kept) -> None:
    assert found == expected


def worker_of(server: Gunicorn) -> int:
    """Return the process id of the only worker, once it has started."""
    wait_until(lambda: workers_of(server))
    (worker,) = workers_of(server)
    return worker


def workers_of(server: Gunicorn) -> list[int]:
    """Return the process ids of the workers."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = (line.split() for line in listed.stdout.splitlines())
    return [int(pid) for pid, parent in pairs if int(parent) == server.process.pid]


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Crash:
    """Return the row."""
    found: Crash = request.param
    return found


@pytest.fixture
def killed(row: Crash, parts: Parts, tmp_path: Path) -> Iterator[Killed]:
    """Run gunicorn with one worker, and inspect its stores with separate ports."""
    dropped = {name for part in row.embedded for name in _SETTINGS[part]}
    settings: dict[str, Any] = {
        name: value for name, value in settings_of(parts, tmp_path).items() if name not in dropped
    }
    ports = build_ports(settings_for(**settings))
    with gunicorn(tmp_path, web_concurrency=1, **settings) as server:
        yield Killed(server, ports, parts)
    close(ports)


@pytest.mark.parametrize("row", ROWS, indirect=True)
def test_crash(row: Crash, killed: Killed, record_property: Callable[[str, object], None]) -> None:
    """The row holds: what is paid and kept, and the responses during and after the lease."""
    record_property("fault", f"kill -9 {row.what}")
    fake = killed.parts.fake
    killed.crash(row)
    checks.check_kept(killed.ports, row.kept, fake)
    assert fake.paid == row.paid
    killed.check(killed.ask(), row.meanwhile)
    assert fake.paid == row.paid
    killed.end_lease()
    killed.check(killed.ask(), row.again.response)
    assert fake.paid == row.again.paid
    checks.check_kept(killed.ports, row.again.kept or row.kept, fake)
    record_property("paid", f"{row.paid} -> {fake.paid}")
    if row.with_new_key is not None:
        killed.check(killed.ask(key="another"), ExpectedResponse(charged="yes"))
        assert fake.paid == row.with_new_key
    log = killed.server.log()
    assert "Traceback" not in log
    checks.check_absence(log, secrets_of(killed.parts))
