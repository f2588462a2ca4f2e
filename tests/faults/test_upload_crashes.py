"""Crashes: a gunicorn worker is killed while it stores an upload."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from app.models import State
from tests.faults import checks
from tests.faults.crash_servers import Start
from tests.faults.points import PUTTING_IMAGE, PUTTING_NOTE, PUTTING_ORIGINAL, SETTING_READY
from tests.faults.row import UPLOADED
from tests.faults.rows.uploads.outages import COMPLETE
from tests.faults.test_cutout_crashes import end_leases
from tests.support.concurrency.threads import TIMEOUT_SECONDS, wait_until

POINTS = {
    "before the original is stored": PUTTING_ORIGINAL,
    "before the sidecar is stored": PUTTING_NOTE,
    "before the image is stored": PUTTING_IMAGE,
    "before the record is set ready": SETTING_READY,
}


@pytest.mark.parametrize("name", POINTS)
def test_killed_upload_is_finished_by_a_repeat(name: str, start_crash_server: Start) -> None:
    """A record is left from which the same file makes the same image, once and complete."""
    crashing, point = start_crash_server(()), POINTS[name]
    server, ports, parts = crashing.server, crashing.ports, crashing.parts

    def upload() -> requests.Response:
        files = {"file": ("a.png", UPLOADED)}
        return requests.post(f"{server.url}/images", files=files, timeout=TIMEOUT_SECONDS)

    released, worker = threading.Event(), crashing.worker()
    wait_until(lambda: server.get("/readyz").status_code == 200)
    point.set_up(parts, released)
    with ThreadPoolExecutor(1) as pool:
        response = pool.submit(upload)
        point.wait(parts)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            response.result()
    released.set()
    parts.s3.pass_through()
    parts.mongo.pass_through()
    (record,) = ports.records.scan(limit=9)
    assert (record.state, record.provider) == (State.PENDING, "upload")
    end_leases(ports)
    stored = upload()
    assert stored.status_code == 201, stored.text
    assert stored.json()["filename"] == f"{record.id}.png"
    assert upload().status_code == 200
    checks.check_stored(ports, COMPLETE, parts.fake)
    assert (parts.fake.paid, list(ports.spool.keys(""))) == (0, [])
    assert "Traceback" not in server.log()
