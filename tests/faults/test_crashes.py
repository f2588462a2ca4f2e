"""Crashes: a gunicorn worker is killed at each critical point of a generation."""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from app.errors import AppError
from tests.faults import checks
from tests.faults.crash_servers import CrashServer, Start
from tests.faults.points import KEY
from tests.faults.rig import (
    PROMPT,
    private_names_of,
    secrets_of,
)
from tests.faults.row import Crash, ExpectedResponse, StoredState, slug
from tests.faults.rows import CRASHES
from tests.support.concurrency.threads import TIMEOUT_SECONDS, wait_until, wait_until_passes

ROWS = [pytest.param(row, id=slug(row.name)) for row in CRASHES]


class CrashingServer:
    """A server whose worker is killed."""

    def __init__(self, crashing: CrashServer, row: Crash) -> None:
        self._body = {"prompt": PROMPT} | ({"n": row.n} if row.n > 1 else {})
        self._path = "/generate-image"
        self.server, self.ports, self.parts = crashing.server, crashing.ports, crashing.parts
        self._worker = crashing.worker
        if row.is_edit:
            parent = self.generate("parent").json()["filename"]
            self._path, self._body = f"/images/{parent}/edits", {"prompt": "Make it blue"}

    def generate(self, key: str = KEY) -> requests.Response:
        """Request the image with an idempotency key."""
        return requests.post(
            f"{self.server.url}{self._path}",
            json=self._body,
            headers={"Idempotency-Key": key},
            timeout=TIMEOUT_SECONDS,
        )

    def crash(self, row: Crash) -> None:
        """Request an image, and kill the worker at the row's point; the connection breaks."""
        released, worker = threading.Event(), self._worker()
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
        """Expire the leases of all records."""
        for record in self.ports.records.scan(limit=10):
            past = record.requested_at - timedelta(hours=1)
            expired = replace(record, lease_until=past)
            assert self.ports.records.compare_and_swap(record, expired)

    def check(self, response: requests.Response, expected: ExpectedResponse) -> None:
        """Check a response, and the image behind it."""
        checks.check_response(response, expected, private_names_of(self.parts))
        for name in checks.files_of(response):
            served = self.server.get(f"/images/{name}")
            checks.check_image(served.content, self.parts.fake)


def _same(found: StoredState, expected: StoredState) -> None:
    assert found == expected


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Crash:
    """Return the row."""
    found: Crash = request.param
    return found


@pytest.fixture
def crashing(row: Crash, start_crash_server: Start) -> CrashingServer:
    """Return the server with the row's parts, and nothing stored."""
    return CrashingServer(start_crash_server(row.embedded), row)


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
