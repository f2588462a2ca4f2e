"""The short way to S3: it answers what is sound, and leaves the rest to the SDK."""

import base64
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.services.s3 import store as settings
from app.services.s3.store import S3Store
from tests.support.concurrency.threads import at_once
from tests.support.servers.canned_response import TalkingServer, talking
from tests.support.servers.databases import S3Server
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.stores.image_stores import proxied_s3_store, s3_store

pytestmark = [
    # botocore leaves the socket of an answer that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("answers_break_off"),
]

KEY = "images/x.png"
DATA = b"the image" * 1000
BY_THE_SDK = b"amz-sdk-request"


def answer(body: bytes = DATA, *, status: str = "200 OK", **headers: str) -> bytes:
    """Make an answer of S3, sound unless headers say otherwise."""
    reported = {
        "Content-Type": "image/png",
        "Last-Modified": "Sun, 22 Nov 2026 11:00:00 GMT",
        "Content-Length": str(len(body)),
        "Connection": "close",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in reported.items() if value)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def error(status: str, code: str) -> bytes:
    """Make an error of S3."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>-</Message></Error>"
    return answer(body.encode(), status=status, Content_Type="application/xml")


@pytest.fixture
def bucket() -> Iterator[TalkingServer]:
    """Run a server with a sound image."""
    with talking(answer()) as server:
        yield server


@pytest.fixture
def store(bucket: TalkingServer, s3_server: S3Server) -> Iterator[S3Store]:
    """Make a store on it that has read once, and so knows the short way."""
    with s3_store(s3_server, "images", endpoint_url=bucket.address) as store:
        assert store.get(KEY).data == DATA
        bucket.asked.clear()
        yield store


def test_reads_after_the_first_go_the_short_way(store: S3Store, bucket: TalkingServer) -> None:
    """The SDK is asked once; after that one request a read is made without it."""
    assert store.get(KEY) == store.get(KEY)
    assert len(bucket.asked) == 2
    assert not any(BY_THE_SDK in asked for asked in bucket.asked)
    assert all(asked.startswith(b"GET /images/images/x.png HTTP/1.1") for asked in bucket.asked)


CRC = base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()


def test_a_checksum_that_is_right_is_fine(store: S3Store, bucket: TalkingServer) -> None:
    """An answer with the checksum of its bytes is taken; one of an upload's parts says nothing."""
    for reported in (CRC, "b2dKwA==-3"):
        bucket.answer = answer(x_amz_checksum_crc32=reported)
        assert store.get(KEY).data == DATA
    assert not any(BY_THE_SDK in asked for asked in bucket.asked)


FAULTS = {
    "short body": answer()[:-1],
    "no body": answer()[: -len(DATA)],
    "no length": answer(Content_Length=""),
    "another length": answer(Content_Length=str(len(DATA) + 1)),
    "wrong crc32": answer(x_amz_checksum_crc32="AAAAAA=="),
    "wrong sha256": answer(x_amz_checksum_sha256=base64.b64encode(bytes(32)).decode()),
    "garbage": b"\x00\xff garbage\r\n\r\n",
    "nothing": b"\r\n",
    "no such bucket": error("404 Not Found", "NoSuchBucket"),
    "a page of some proxy": answer(b"<html>not found</html>", status="404 Not Found"),
    "expired credentials": error("400 Bad Request", "ExpiredToken"),
    "forbidden": error("403 Forbidden", "AccessDenied"),
    "not changed": answer(b"", status="304 Not Modified"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_sound_is_the_sdks_to_judge(
    store: S3Store, bucket: TalkingServer, fault: str
) -> None:
    """No image comes of it, nor "not found"; the SDK is asked too; and nothing of it sticks."""
    bucket.answer = FAULTS[fault]
    with pytest.raises(StorageUnavailable) as caught:
        store.get(KEY)
    assert any(BY_THE_SDK in asked for asked in bucket.asked)
    assert bucket.address.rpartition(":")[2] not in str(caught.value)
    bucket.answer = answer()
    assert store.get(KEY).data == DATA


def test_only_no_such_key_is_not_found(store: S3Store, bucket: TalkingServer) -> None:
    """That answer is believed at once."""
    bucket.answer = error("404 Not Found", "NoSuchKey")
    with pytest.raises(ImageNotFound):
        store.get(KEY)
    assert len(bucket.asked) == 1


def test_a_failure_of_the_server_is_retried(store: S3Store, bucket: TalkingServer) -> None:
    """What the short way can't do is tried as the SDK does, which may have better luck."""
    bucket.answer = error("500 Internal Server Error", "InternalError")
    with pytest.raises(StorageUnavailable):
        store.get(KEY)
    assert sum(BY_THE_SDK in asked for asked in bucket.asked) == 2


def on_seaweedfs(server: S3Server, bucket: str, work: Callable[..., None]) -> None:
    """Call `work` with a store that knows the short way, and the proxy before the server."""
    with proxied_s3_store(server, bucket) as (store, proxy):
        store.put(KEY, DATA, content_type="image/png")
        assert [store.get(KEY).data for _ in range(2)] == [DATA, DATA]
        work(store, proxy)


def test_a_silent_server_is_given_up_on_in_time(
    s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by the short way there are two tries, and no more by the SDK after them."""
    monkeypatch.setattr(settings, "_READ_SECONDS", 0.3)

    def work(store: S3Store, proxy: FaultProxy) -> None:
        proxy.black_hole()
        began = time.monotonic()
        with pytest.raises(StorageUnavailable, match="in time"):
            store.get(KEY)
        assert time.monotonic() - began < 5

    on_seaweedfs(s3_server, s3_bucket, work)


def test_connections_that_broke_meanwhile_are_not_noticed(
    s3_server: S3Server, s3_bucket: str
) -> None:
    """After a restart of S3 no reader gets an error, though all pooled connections are dead."""

    def work(store: S3Store, proxy: FaultProxy) -> None:
        at_once(8, lambda _: store.get(KEY))
        proxy.refuse()
        proxy.restore()
        found = at_once(8, lambda _: store.get(KEY).data)
        assert found == [DATA] * 8

    on_seaweedfs(s3_server, s3_bucket, work)
