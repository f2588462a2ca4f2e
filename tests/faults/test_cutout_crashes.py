"""Crashes: a gunicorn worker is killed while it makes or replaces another cutout."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from app.models import State
from app.ports import Ports
from tests.faults.crash_servers import Start
from tests.faults.points import PUTTING_IMAGE, PUTTING_NOTE, SETTING_READY, HeldRequest
from tests.support.concurrency.threads import TIMEOUT_SECONDS

REMOVING_IMAGE = HeldRequest("s3", b"DELETE /")
POINTS = {
    "before the sidecar is stored": (PUTTING_NOTE, State.PENDING),
    "before the image is stored": (PUTTING_IMAGE, State.PENDING),
    "before the record is set ready": (SETTING_READY, State.PENDING),
    "before the replaced image is removed": (REMOVING_IMAGE, State.READY),
}


def end_leases(ports: Ports) -> None:
    """Expire the leases of all pending records."""
    for record in ports.records.scan(limit=9):
        if record.state is State.PENDING:
            past = record.requested_at - timedelta(hours=1)
            assert ports.records.compare_and_swap(record, replace(record, lease_until=past))


@pytest.mark.parametrize("name", POINTS)
def test_killed_cutout_is_finished_for_nothing(name: str, start_crash_server: Start) -> None:
    """The first image is served until it is replaced; the same request then ends the work."""
    point, state = POINTS[name]
    crashing = start_crash_server(())
    server, ports, parts = crashing.server, crashing.ports, crashing.parts
    parent = server.generate().json()["filename"]

    def cut() -> requests.Response:
        url = f"{server.url}/images/{parent}/cutouts"
        return requests.post(url, json={"replace": True}, timeout=TIMEOUT_SECONDS)

    released, worker = threading.Event(), crashing.worker()
    point.set_up(parts, released)
    with ThreadPoolExecutor(1) as pool:
        response = pool.submit(cut)
        point.wait(parts)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            response.result()
    released.set()
    parts.s3.pass_through()
    parts.mongo.pass_through()
    (child,) = [record for record in ports.records.scan(limit=9) if record.parent]
    assert child.state is state
    first = server.get(f"/images/{parent}", allow_redirects=False)
    assert first.status_code == 200
    end_leases(ports)
    made = cut()
    assert made.status_code == (201 if state is State.PENDING else 200), made.text
    assert made.json()["filename"] == f"{child.id}.png"
    assert list(ports.store.keys("images/")) == [f"images/{child.id}.png"]
    assert len(list(ports.store.keys("originals/"))) == 4
    listed = server.get("/images").json()["images"]
    assert [image["filename"] for image in listed] == [f"{child.id}.png"]
    assert "Traceback" not in server.log()
    assert parts.fake.paid == 1
