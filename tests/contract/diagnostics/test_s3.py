"""The check of the bucket, on a real server and on one that misbehaves in chosen steps."""

import contextlib
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
SAID = "UPSTREAM-SECRET-TEXT"


def check(server: S3Server, bucket: str, *, behind: int = 0, **changes: Any) -> list[Finding]:
    """Check a bucket, with a clock that is so many seconds behind; no secret is told."""
    late = timedelta(seconds=behind)
    with s3_store(server, bucket, **changes) as store:
        found = list(check_bucket(store, now=lambda: datetime.now(UTC) - late))
    private = (server.secret_key, server.access_key, READER_KEY, str(server.port), SAID)
    for text in private:
        assert text not in texts(found)
    return found


def test_all_is_well_and_nothing_is_left(s3_server: S3Server, s3_bucket: str) -> None:
    """A probe is written, read and deleted, and what was in the bucket stays."""
    with contextlib.closing(s3_client(s3_server)) as client:
        client.put_object(Bucket=s3_bucket, Key="images/kept.png", Body=b"kept")
        assert levels(check(s3_server, s3_bucket)) == ALL_OK
        left = client.list_objects_v2(Bucket=s3_bucket)["Contents"]
    assert [one["Key"] for one in left] == ["images/kept.png"]


def test_an_absent_bucket_fails_and_is_not_made(s3_server: S3Server) -> None:
    """The name is what the operator is sent to."""
    found = check(s3_server, "absent-bucket")
    assert levels(found) == {"skew": OK, "bucket": FAILED}
    assert "S3_BUCKET_NAME" in the("bucket", found).advice
    with contextlib.closing(s3_client(s3_server)) as client:
        assert "absent-bucket" not in str(client.list_buckets()["Buckets"])


@pytest.mark.parametrize("wrong", ["secret_access_key", "access_key_id"])
def test_wrong_keys_fail(s3_server: S3Server, s3_bucket: str, wrong: str) -> None:
    """A refusal is told, and tells the time."""
    keys: dict[str, Any] = {wrong: "wrong-key"}
    found = check(s3_server, s3_bucket, **keys)
    assert levels(found) == {"skew": OK, "bucket": FAILED}
    assert "403" in the("bucket", found).found


def test_no_keys_fail(s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where AWS's own sources have no keys either, that is said."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    found = check(s3_server, s3_bucket, access_key_id=None, secret_access_key=None)
    assert levels(found) == {"bucket": FAILED, "skew": NOT_USED}
    assert "AWS_ACCESS_KEY_ID" in found[0].advice


def test_keys_that_may_only_read_fail(s3_server: S3Server, s3_bucket: str) -> None:
    """A bucket that takes nothing is found before the first image is paid for."""
    found = check(s3_server, s3_bucket, access_key_id=READER_KEY)
    assert levels(found) == {"skew": OK, "bucket": OK, "write": FAILED}
    assert "403" in the("write", found).found


@pytest.mark.parametrize(("behind", "level"), [(-60, WARNING), (400, FAILED)])
def test_the_clock_is_judged_by_s3(
    s3_server: S3Server, s3_bucket: str, behind: int, level: Level
) -> None:
    """The Date header of the bucket's answer is what counts."""
    assert levels(check(s3_server, s3_bucket, behind=behind)) == ALL_OK | {"skew": level}


@pytest.mark.usefixtures("answers_break_off")
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
    """However the server can't be talked to, it is one finding and no waiting for the rest."""
    monkeypatch.setattr(settings, "_READ_SECONDS", 0.3)  # lest this test take as long
    with FaultProxy(s3_server.host, s3_server.port) as proxy:
        fault(proxy)
        found = check(s3_server, s3_bucket, endpoint_url=f"http://{proxy.host}:{proxy.port}")
    assert levels(found) == {"bucket": FAILED, "skew": NOT_USED}
    assert "network" in found[0].advice


class _OddS3(BaseHTTPRequestHandler):
    """Answers each method as the test says, and always with a text that must not get out."""

    protocol_version = "HTTP/1.1"
    statuses: ClassVar[dict[str, int]] = {}

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        status = self.statuses.get(self.command, 200)
        body = f"<Error><Code>{SAID}</Code></Error>".encode()
        if status == 200:
            body = SAID.encode() if self.command == "GET" else b""
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_GET = do_DELETE = _answer  # noqa: N815 - reason: the base class looks for these names

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def odd_s3(**statuses: int) -> Iterator[str]:
    """Run a server that answers so; yield its address."""
    handler = type("Handler", (_OddS3,), {"statuses": statuses})
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
    ids=["deleting", "reading", "writing", "looking"],
)
def test_each_step_can_fail(
    s3_server: S3Server, statuses: dict[str, int], expected: dict[str, Level]
) -> None:
    """What is read back must be what was written, and a probe that stays is told."""
    with odd_s3(**statuses) as address:
        found = check(s3_server, "bucket", endpoint_url=address)
    assert levels(found) == {"skew": OK} | expected
