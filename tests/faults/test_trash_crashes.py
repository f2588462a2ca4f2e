"""Crashes: a gunicorn worker is killed while it moves an image to the trash, back, or away."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests

from tests.faults import checks
from tests.faults.crash_servers import Start
from tests.faults.points import PUTTING_IMAGE, SETTING_READY, HeldRequest
from tests.faults.row import READY, StoredState
from tests.support.concurrency.threads import TIMEOUT_SECONDS, wait_until

_COPYING = HeldRequest("s3", b".trash ")
_REMOVING = HeldRequest("s3", b"DELETE /")
_ALL = ("image", "original", "sidecar", "trashed image")
TRASHED = StoredState(("trashed yes",), ("original", "sidecar", "trashed image"))
PURGED = StoredState(("deleted no",))  # a tombstone: the deletion and the key


@dataclass(frozen=True)
class Move:
    """A move, what it begins with, and what it leaves when it is complete."""

    method: str
    path: str
    status: int
    is_from_trash: bool
    end: StoredState


TRASH = Move("DELETE", "", 204, is_from_trash=False, end=TRASHED)
RESTORE = Move("POST", "/restore", 200, is_from_trash=True, end=READY)
PURGE = Move("DELETE", "?purge=true", 204, is_from_trash=True, end=PURGED)
ROWS = {
    "trash-before-the-copy": (TRASH, _COPYING, StoredState(("trashed yes",), READY.objects)),
    "trash-before-the-removal": (TRASH, _REMOVING, StoredState(("trashed yes",), _ALL)),
    "restore-before-the-copy": (RESTORE, PUTTING_IMAGE, TRASHED),
    "restore-before-the-record": (RESTORE, SETTING_READY, StoredState(("trashed yes",), _ALL)),
    "restore-before-the-removal": (RESTORE, _REMOVING, StoredState(("ready yes",), _ALL)),
    "purge-before-the-removal": (PURGE, _REMOVING, StoredState(("deleted yes",), TRASHED.objects)),
}


@pytest.mark.parametrize("name", ROWS)
def test_killed_move_is_completed_by_a_repeat(name: str, start_crash_server: Start) -> None:
    """The same request again ends the move; the image is unchanged, or gone for good."""
    move, point, left = ROWS[name]
    crashing = start_crash_server(())
    server, ports, parts = crashing.server, crashing.ports, crashing.parts
    path = f"/images/{server.generate().json()['filename']}"
    image = server.get(path).content
    if move.is_from_trash:
        assert requests.delete(server.url + path, timeout=TIMEOUT_SECONDS).status_code == 204

    def send() -> requests.Response:
        url = f"{server.url}{path}{move.path}"
        return requests.request(move.method, url, timeout=TIMEOUT_SECONDS)

    released, worker = threading.Event(), crashing.worker()
    wait_until(lambda: server.get("/readyz").status_code == 200)
    point.set_up(parts, released)
    with ThreadPoolExecutor(1) as pool:
        response = pool.submit(send)
        point.wait(parts)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            response.result()
    parts.s3.pass_through()
    parts.mongo.pass_through()
    checks.check_stored(ports, left, parts.fake)
    assert send().status_code == move.status
    checks.check_stored(ports, move.end, parts.fake)
    if move.end is READY:
        assert server.get(path).content == image
    assert "Traceback" not in server.log()
    assert parts.fake.paid == 1
