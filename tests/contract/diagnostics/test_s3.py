"""The check of the bucket, on a real server and on one that fails chosen steps."""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from app.models import Finding, Level
from app.services.diagnostics.s3 import check_bucket
from app.services.s3 import session as settings
from tests.support.diagnostic_findings import FAILED, NOT_USED, OK, WARNING, levels, texts, the
from tests.support.servers.databases import S3Server, s3_client
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.seaweedfs import READER_KEY
from tests.support.stores.image_stores import s3_store

ALL_OK = {"skew": OK, "bucket": OK, "write": OK, "read back": OK, "delete": OK}
UPSTREAM_TEXT = "UPSTREAM-SECRET-TEXT"


def check(server: S3Server, bucket: str, *, behind: int = 0, **changes: Any) -> list[Finding]:
    """Check a bucket, with a clock that is `behind` seconds slow; no finding shows a secret."""
    late = timedelta(seconds=behind)
    with s3_store(server, bucket, **changes) as store:
        found = list(check_bucket(store, now=lambda: datetime.now(UTC) - late))
    private = (server.secret_key, server.access_key, READER_KEY, str(server.port), UPSTREAM_TEXT)
    for text in private:
        assert text not in texts(found)
    return found


def test_a_good_bucket_passes_and_is_left_unchanged(s3_server: S3Server, s3_bucket: str) -> None:
    """The probe is deleted, and other objects are kept."""
    with contextlib.closing(s3_client(s3_server)) as client:
        client.put_object(Bucket=s3_bucket, Key="images/kept.png", Body=b"kept")
        assert levels(check(s3_server, s3_bucket)) == ALL_OK
        left = client.list_objects_v2(Bucket=s3_bucket)["Contents"]
    assert [one["Key"] for one in left] == ["images/kept.png"]


def test_a_missing_bucket_fails_and_is_not_created(s3_server: S3Server) -> None:
    """The advice names the setting of the bucket's name."""
    found = check(s3_server, "absent-bucket")
    assert levels(found) == {"skew": OK, "bucket": FAILED}
    assert "S3_BUCKET_NAME" in the("bucket", found).advice
    with contextlib.closing(s3_client(s3_server)) as client:
        assert "absent-bucket" not in str(client.list_buckets()["Buckets"])


@pytest.mark.parametrize("wrong", ["secret_access_key", "access_key_id"])
def test_wrong_credentials_fail(s3_server: S3Server, s3_bucket: str, wrong: str) -> None:
    """The finding states the status, and the response's date is still compared."""
    keys: dict[str, Any] = {wrong: "wrong-key"}
    found = check(s3_server, s3_bucket, **keys)
    assert levels(found) == {"skew": OK, "bucket": FAILED}
    assert "403" in the("bucket", found).found


def test_missing_credentials_fail(
    s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finding applies if none of AWS's usual sources has any."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    found = check(s3_server, s3_bucket, access_key_id=None, secret_access_key=None)
    assert levels(found) == {"bucket": FAILED, "skew": NOT_USED}
    assert "AWS_ACCESS_KEY_ID" in the("bucket", found).advice


def test_read_only_credentials_fail(s3_server: S3Server, s3_bucket: str) -> None:
    """A bucket that is not writable is reported before the first image is paid for."""
    found = check(s3_server, s3_bucket, access_key_id=READER_KEY)
    assert levels(found) == {"skew": OK, "bucket": OK, "write": FAILED}
    assert "403" in the("write", found).found


@pytest.mark.parametrize(("behind", "level"), [(-60, WARNING), (400, FAILED)])
def test_the_clock_is_compared_with_s3(
    s3_server: S3Server, s3_bucket: str, behind: int, level: Level
) -> None:
    """The Date header of the response decides."""
    assert levels(check(s3_server, s3_bucket, behind=behind)) == ALL_OK | {"skew": level}


@pytest.mark.usefixtures("truncated_responses")
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # botocore's, as in the store's own tests
@pytest.mark.parametrize(
    "fault",
    [FaultProxy.refuse, FaultProxy.black_hole, FaultProxy.reset, lambda proxy: proxy.cut_after(5)],
    ids=["refused", "black hole", "reset", "cut"],
)
def test_an_unreachable_server_fails(
    s3_server: S3Server,
    s3_bucket: str,
    fault: Callable[[FaultProxy], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the fault, there is one finding, and no further step is tried."""
    monkeypatch.setattr(settings, "_READ_SECONDS", 0.3)  # to keep the test short
    with FaultProxy(s3_server.host, s3_server.port) as proxy:
        fault(proxy)
        found = check(s3_server, s3_bucket, endpoint_url=f"http://{proxy.host}:{proxy.port}")
    assert levels(found) == {"bucket": FAILED, "skew": NOT_USED}
    assert "network" in the("bucket", found).advice


class _ScriptedS3(BaseHTTPRequestHandler):
    """Responds to each method as scripted, with a text that must not be shown."""

    protocol_version = "HTTP/1.1"
    statuses: ClassVar[dict[str, int]] = {}
    written: ClassVar[bytes] = b""

    def _respond(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.command == "PUT":
            type(self).written = data
        status = self.statuses.get(self.command, 200)
        body = f"<Error><Code>{UPSTREAM_TEXT}</Code></Error>".encode()
        if status == 200:
            body = UPSTREAM_TEXT.encode() if self.command == "GET" else b""
        self.send_response(status)
        if self.command == "HEAD":
            self.send_header("etag", hashlib.md5(self.written, usedforsecurity=False).hexdigest())
            body = self.written
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_GET = do_DELETE = _respond  # noqa: N815 - reason: the base class looks for these names

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextlib.contextmanager
def scripted_s3(**statuses: int) -> Iterator[str]:
    """Run a server that responds with these statuses; yield its address."""
    handler = type("Handler", (_ScriptedS3,), {"statuses": statuses})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({"DELETE": 403}, {"bucket": OK, "write": OK, "read back": FAILED, "delete": FAILED}),
        ({"GET": 403}, {"bucket": OK, "write": OK, "read back": FAILED, "delete": OK}),
        ({"PUT": 507}, {"bucket": OK, "write": FAILED}),
        ({"HEAD": 400}, {"bucket": FAILED}),
    ],
    ids=["delete", "read", "write", "head"],
)
def test_a_failing_step_is_reported(
    s3_server: S3Server, statuses: dict[str, int], expected: dict[str, Level]
) -> None:
    """The probe has to be read back unchanged, and one that can't be deleted is reported."""
    with scripted_s3(**statuses) as address:
        found = check(s3_server, "bucket", endpoint_url=address)
    assert levels(found) == {"skew": OK} | expected
