"""Fast reads from S3: complete objects only; everything else is left to the SDK."""

import base64
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.services.s3 import session as settings
from app.services.s3.store import S3Store
from tests.support.concurrency.threads import in_threads
from tests.support.servers.canned_response import CannedServer, canned_server
from tests.support.servers.databases import S3Server
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.stores.image_stores import proxied_s3_store, s3_store

pytestmark = [
    # botocore leaves the socket of a truncated response to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("truncated_responses"),
]

KEY = "images/x.png"
DATA = b"the image" * 1000
SDK_MARKER = b"amz-sdk-request"  # a header that only the SDK sends


def response(body: bytes = DATA, *, status: str = "200 OK", **headers: str) -> bytes:
    """Make a response of S3, complete and correct unless `headers` change that."""
    values = {
        "Content-Type": "image/png",
        "Last-Modified": "Sun, 22 Nov 2026 11:00:00 GMT",
        "Content-Length": str(len(body)),
        "Connection": "close",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in values.items() if value)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def error(status: str, code: str) -> bytes:
    """Make an error response of S3."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>-</Message></Error>"
    return response(body.encode(), status=status, Content_Type="application/xml")


@pytest.fixture
def bucket() -> Iterator[CannedServer]:
    """Run a server with one image."""
    with canned_server(response()) as server:
        yield server


@pytest.fixture
def store(bucket: CannedServer, s3_server: S3Server) -> Iterator[S3Store]:
    """Make a store on it that has read once, and so knows the endpoint."""
    with s3_store(s3_server, "images", endpoint_url=bucket.address) as store:
        assert store.get(KEY).data == DATA
        bucket.requests.clear()
        yield store


def test_reads_after_the_first_bypass_the_sdk(store: S3Store, bucket: CannedServer) -> None:
    """Each further read is one request that the SDK did not make."""
    assert store.get(KEY) == store.get(KEY)
    assert len(bucket.requests) == 2
    assert not any(SDK_MARKER in request for request in bucket.requests)
    assert all(
        request.startswith(b"GET /images/images/x.png HTTP/1.1") for request in bucket.requests
    )


CRC = base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()


def test_a_correct_checksum_is_accepted(store: S3Store, bucket: CannedServer) -> None:
    """A matching checksum is accepted; one of a multipart upload is not compared."""
    for checksum in (CRC, "b2dKwA==-3"):
        bucket.response = response(x_amz_checksum_crc32=checksum)
        assert store.get(KEY).data == DATA
    assert not any(SDK_MARKER in request for request in bucket.requests)


FAULTS = {
    "short body": response()[:-1],
    "no body": response()[: -len(DATA)],
    "no length": response(Content_Length=""),
    "another length": response(Content_Length=str(len(DATA) + 1)),
    "wrong crc32": response(x_amz_checksum_crc32="AAAAAA=="),
    "wrong sha256": response(x_amz_checksum_sha256=base64.b64encode(bytes(32)).decode()),
    "garbage": b"\x00\xff garbage\r\n\r\n",
    "nothing": b"\r\n",
    "no such bucket": error("404 Not Found", "NoSuchBucket"),
    "HTML page of a proxy": response(b"<html>not found</html>", status="404 Not Found"),
    "expired credentials": error("400 Bad Request", "ExpiredToken"),
    "forbidden": error("403 Forbidden", "AccessDenied"),
    "not changed": response(b"", status="304 Not Modified"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_other_responses_are_left_to_the_sdk(
    store: S3Store, bucket: CannedServer, fault: str
) -> None:
    """Such a response is neither an image nor "not found", and the next read works again."""
    bucket.response = FAULTS[fault]
    with pytest.raises(StorageUnavailable) as caught:
        store.get(KEY)
    assert any(SDK_MARKER in request for request in bucket.requests)
    assert bucket.address.rpartition(":")[2] not in str(caught.value)
    bucket.response = response()
    assert store.get(KEY).data == DATA


def test_only_no_such_key_is_not_found(store: S3Store, bucket: CannedServer) -> None:
    """The error code NoSuchKey raises ImageNotFound, without a request of the SDK."""
    bucket.response = error("404 Not Found", "NoSuchKey")
    with pytest.raises(ImageNotFound):
        store.get(KEY)
    assert len(bucket.requests) == 1


def test_a_server_error_is_retried_by_the_sdk(store: S3Store, bucket: CannedServer) -> None:
    """After the fast read fails, the SDK makes its usual two attempts."""
    bucket.response = error("500 Internal Server Error", "InternalError")
    with pytest.raises(StorageUnavailable):
        store.get(KEY)
    assert sum(SDK_MARKER in request for request in bucket.requests) == 2


CREDENTIAL_PROCESS = """#!/bin/sh
echo >> {calls}
n=$(wc -l < {calls} | tr -d ' ')
end=$(date -u -d '+5 minutes' +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -v+5M +%Y-%m-%dT%H:%M:%SZ)
printf '{{"Version": 1, "AccessKeyId": "key-%s", "SecretAccessKey": "s", ' "$n"
printf '"SessionToken": "token-%s", "Expiration": "%s"}}' "$n" "$end"
"""


def test_credentials_are_refreshed(
    bucket: CannedServer, s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fast read is signed with temporary credentials, which are renewed before they expire."""
    program = tmp_path / "credentials.sh"
    program.write_text(CREDENTIAL_PROCESS.format(calls=tmp_path / "calls"))
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = /bin/sh {program}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    changes = {"access_key_id": None, "secret_access_key": None, "endpoint_url": bucket.address}
    with s3_store(s3_server, "images", **changes) as store:
        store.get(KEY)
        bucket.requests.clear()
        assert [store.get(KEY).data for _ in range(2)] == [DATA, DATA]
    first, second = (request.decode().lower() for request in bucket.requests)
    assert SDK_MARKER.decode() not in first + second
    numbers = [
        int(text.partition("credential=key-")[2].partition("/")[0]) for text in (first, second)
    ]
    assert numbers[0] < numbers[1]
    for number, text in zip(numbers, (first, second), strict=True):
        assert f"x-amz-security-token: token-{number}\r\n" in text


def test_a_proxy_of_the_environment_is_used(
    bucket: CannedServer, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy the SDK makes every read, through the proxy."""
    monkeypatch.setenv("HTTP_PROXY", bucket.address)
    with s3_store(s3_server, "images", endpoint_url="http://s3.test:9000") as store:
        assert [store.get(KEY).data for _ in range(2)] == [DATA, DATA]
    for request in bucket.requests:
        assert request.startswith(b"GET http://s3.test:9000/images/images/x.png HTTP/1.1")
        assert SDK_MARKER in request


def on_seaweedfs(server: S3Server, bucket: str, work: Callable[..., None]) -> None:
    """Call `work` with a store that knows the endpoint, and the proxy before the server."""
    with proxied_s3_store(server, bucket) as (store, proxy):
        store.put(KEY, DATA, content_type="image/png")
        assert [store.get(KEY).data for _ in range(2)] == [DATA, DATA]
        work(store, proxy)


def test_a_silent_server_times_out(
    s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are two attempts, and no further ones by the SDK."""
    monkeypatch.setattr(settings, "_READ_SECONDS", 0.3)

    def work(store: S3Store, proxy: FaultProxy) -> None:
        proxy.black_hole()
        began = time.monotonic()
        with pytest.raises(StorageUnavailable, match="in time"):
            store.get(KEY)
        assert time.monotonic() - began < 25  # a busy machine is slow

    on_seaweedfs(s3_server, s3_bucket, work)


def test_dead_pooled_connections_are_replaced(s3_server: S3Server, s3_bucket: str) -> None:
    """After a restart of S3 no read fails, though all pooled connections are dead."""

    def work(store: S3Store, proxy: FaultProxy) -> None:
        in_threads(8, lambda _: store.get(KEY))
        proxy.refuse()
        proxy.restore()
        found = in_threads(8, lambda _: store.get(KEY).data)
        assert found == [DATA] * 8

    on_seaweedfs(s3_server, s3_bucket, work)
