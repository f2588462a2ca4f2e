"""The limit of parallel uploads: with more of them, a slow store would finish none in time."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.services.s3 import store as settings
from app.services.s3.client import Bucket
from app.services.s3.store import S3Store
from tests.support.concurrency.threads import in_threads
from tests.support.servers.free_ports import HOST

CALLERS = 16
DATA = b"x"


class SlowStore(ThreadingHTTPServer):
    """Accepts uploads; each responds after a fixed number of them are under way."""

    daemon_threads = True

    def __init__(self) -> None:
        self.running = self.max_running = self.stored = 0
        self.full, self.too_many = threading.Event(), threading.Event()
        self.lock = threading.Lock()
        super().__init__((HOST, 0), Upload)


class Upload(BaseHTTPRequestHandler):
    """One upload."""

    server: SlowStore
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        """Respond once the expected number of uploads are under way."""
        store = self.server
        self.rfile.read(int(self.headers["Content-Length"]))
        with store.lock:
            store.running += 1
            store.max_running = max(store.max_running, store.running)
            if store.running == settings._MAX_CONCURRENT_UPLOADS:
                store.full.set()
            elif store.running > settings._MAX_CONCURRENT_UPLOADS:
                store.too_many.set()
        assert store.full.wait(60)
        store.too_many.wait(0.2)  # time for one more to arrive, which must not happen
        with store.lock:
            store.running -= 1
            store.stored += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        """Describe what was uploaded."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.send_header("ETag", hashlib.md5(DATA, usedforsecurity=False).hexdigest())
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def slow() -> Iterator[SlowStore]:
    """Run that store."""
    with SlowStore() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_parallel_uploads_are_limited(slow: SlowStore) -> None:
    """Only four uploads run in parallel, and all of them are stored."""
    bucket = Bucket(
        name="bucket",
        region="us-east-1",
        access_key_id="key",
        secret_access_key="secret",
        endpoint_url=f"http://{HOST}:{slow.server_port}",
    )
    with contextlib.closing(S3Store(bucket)) as store:
        in_threads(CALLERS, lambda n: store.put(f"images/{n}.png", DATA, content_type="image/png"))
    assert (slow.max_running, slow.stored) == (settings._MAX_CONCURRENT_UPLOADS, CALLERS)
