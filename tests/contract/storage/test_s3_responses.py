"""Truncated responses of S3: no byte of an image is returned unless all of it arrived."""

from collections.abc import Iterator

import pytest

from app.errors import StorageUnavailable
from tests.support.concurrency.threads import in_threads
from tests.support.servers.canned_response import CannedServer, canned_server
from tests.support.servers.databases import S3Server
from tests.support.stores.image_stores import proxied_s3_store, s3_store

pytestmark = [
    # botocore leaves the socket of a truncated response to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("truncated_responses"),
]

KEY = "images/x.png"
IMAGE = bytes(2_000_000)
AMAZON_RESPONSE = (
    b"HTTP/1.1 200 OK\r\n"
    b"x-amz-request-id: 4442587FB7D0A2F9\r\n"
    b"Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
    b"Last-Modified: Sun, 22 Nov 2026 11:00:00 GMT\r\n"
    b'ETag: "828ef3fdfa96f00ad9f27c383fc9ac7f"\r\n'
    b"Content-Type: image/png\r\n"
    b"Content-Length: 5\r\n"
    b"Server: AmazonS3\r\n"
    b"\r\n"
    b"hello"
)
CUTS = (
    *(b"HTTP/1.1 200", b"Date: Su", b"Last-Modified: Su", b"11:00:00 GMT\r\n", b"image/"),
    *(b"image/png\r\n", b"Content-Length: ", b"Content-Length: 5\r\n", b"AmazonS3\r\n"),
    *(b"\r\n\r\n", b"hell"),
)


@pytest.fixture
def amazon() -> Iterator[CannedServer]:
    """Run a server that responds like Amazon S3, with an image of five bytes."""
    with canned_server(AMAZON_RESPONSE) as server:
        yield server


def test_a_truncated_response_is_an_outage(s3_server: S3Server, s3_bucket: str) -> None:
    """Wherever a real server's response is cut, in headers or body, no image is returned."""
    with s3_store(s3_server, s3_bucket) as store:
        store.put(KEY, IMAGE, content_type="image/png")
    places = [0, 5, 50, 150, 300, 20_000, 1_900_000]

    def one(number: int) -> None:
        with proxied_s3_store(s3_server, s3_bucket) as (store, proxy):
            store.ping()
            proxy.cut_after(places[number])
            with pytest.raises(StorageUnavailable):
                store.get(KEY)
            proxy.restore()
            assert store.get(KEY).data == IMAGE

    in_threads(len(places), one)


def test_truncated_headers_do_not_make_an_empty_image(
    amazon: CannedServer, s3_server: S3Server
) -> None:
    """Even where the cut removes Content-Length, the read fails."""
    with s3_store(s3_server, "bucket", endpoint_url=amazon.address) as store:
        assert (store.get(KEY).data, store.get(KEY).content_type) == (b"hello", "image/png")
        for end in CUTS:
            amazon.response = AMAZON_RESPONSE.partition(end)[0] + end
            with pytest.raises(StorageUnavailable):
                store.get(KEY)


@pytest.mark.parametrize("body", [b"<ListBucketResult><Contents>", b"<html>", b"\xff"])
def test_a_listing_that_can_not_be_parsed_is_an_outage(
    amazon: CannedServer, s3_server: S3Server, body: bytes
) -> None:
    """It is neither an empty list nor an internal error."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    amazon.response = head.encode() + body
    with (
        s3_store(s3_server, "bucket", endpoint_url=amazon.address) as store,
        pytest.raises(StorageUnavailable),
    ):
        list(store.keys("originals/"))
