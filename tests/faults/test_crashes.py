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
from tests.faults.rig import (
    KEY,
    PROMPT,
    private_names_of,
    secrets_of,
    settings_of,
)
from tests.faults.row import Crash, ExpectedResponse, StoredState, slug
from tests.faults.rows import CRASHES
from tests.support.concurrency.threads import TIMEOUT_SECONDS, wait_until, wait_until_passes
from tests.support.servers.gunicorn import Gunicorn, gunicorn
from tests.support.service import Parts, close, settings_for

ROWS = [pytest.param(row, id=slug(row.name)) for row in CRASHES]
_SETTINGS = {
    "s3": ("s3_bucket_name", "s3_endpoint_url", "aws_access_key_id", "aws_secret_access_key"),
    "mongo": ("mongodb_uri",),
}


class CrashingServer:
    """A server whose worker is killed, with ports to inspect what is left."""

    def __init__(self, server: Gunicorn, ports: Ports, parts: Parts) -> None:
        self.server, self.ports, self.parts = server, ports, parts

    def generate(self, key: str = KEY) -> requests.Response:
        """Request the image with an idempotency key."""
        return requests.post(
            f"{self.server.url}/generate-image",
            json={"prompt": PROMPT},
            headers={"Idempotency-Key": key},
            timeout=TIMEOUT_SECONDS,
        )

    def crash(self, row: Crash) -> None:
        """Request an image, and kill the worker at the row's point; the connection breaks."""
        released, worker = threading.Event(), worker_of(self.server)
        # The check of the store writes at first, and would reach the point before the image.
        wait_until(lambda: self.server.get("/readyz").status_code == 200)
        row.at.set_up(self.parts, released)
        with ThreadPoolExecutor(1) as pool:
            response = pool.submit(self.generate)
            row.at.wait(self.parts)
            if row.at.freeze:
                os.kill(worker, signal.SIGSTOP)
            wait_until_passes(
                lambda: _same(checks.stored_state(self.ports), row.stored),
                (AssertionError, AppError),
            )
            os.kill(worker, signal.SIGKILL)
            with pytest.raises(requests.ConnectionError):
                response.result()
        released.set()
        self.parts.s3.pass_through()
        self.parts.mongo.pass_through()

    def end_lease(self) -> None:
        """Expire the lease of the only record."""
        (record,) = self.ports.records.scan(limit=2)
        past = record.requested_at - timedelta(hours=1)
        expired = replace(record, lease_until=past)
        assert self.ports.records.compare_and_swap(record, expired)

    def check(self, response: requests.Response, expected: ExpectedResponse) -> None:
        """Check a response, and the image behind it."""
        checks.check_response(response, expected, private_names_of(self.parts))
        if response.status_code == 200:
            served = self.server.get(f"/images/{response.json()['filename']}")
            checks.check_image(served.content, self.parts.fake)


def _same(found: StoredState, expected: StoredState) -> None:
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
def crashing(row: Crash, parts: Parts, tmp_path: Path) -> Iterator[CrashingServer]:
    """Run gunicorn with one worker, and inspect its stores with separate ports."""
    dropped = {name for part in row.embedded for name in _SETTINGS[part]}
    settings: dict[str, Any] = {
        name: value for name, value in settings_of(parts, tmp_path).items() if name not in dropped
    }
    ports = build_ports(settings_for(**settings))
    with gunicorn(tmp_path, web_concurrency=1, **settings) as server:
        yield CrashingServer(server, ports, parts)
    close(ports)


@pytest.mark.parametrize("row", ROWS, indirect=True)
def test_crash(
    row: Crash, crashing: CrashingServer, record_property: Callable[[str, object], None]
) -> None:
    """The row holds: what is paid and kept, and the responses during and after the lease."""
    record_property("fault", f"kill -9 {row.name}")
    fake = crashing.parts.fake
    crashing.crash(row)
    checks.check_stored(crashing.ports, row.stored, fake)
    assert fake.paid == row.paid
    crashing.check(crashing.generate(), row.during_lease)
    assert fake.paid == row.paid
    crashing.end_lease()
    crashing.check(crashing.generate(), row.repeat.response)
    assert fake.paid == row.repeat.paid
    checks.check_stored(crashing.ports, row.repeat.stored or row.stored, fake)
    record_property("paid", f"{row.paid} -> {fake.paid}")
    if row.with_new_key is not None:
        crashing.check(crashing.generate(key="another"), ExpectedResponse(charged="yes"))
        assert fake.paid == row.with_new_key
    log = crashing.server.log()
    assert "Traceback" not in log
    checks.check_absence(log, secrets_of(crashing.parts))
