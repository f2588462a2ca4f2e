"""Answers of S3 that break off: not a byte of an image is given out unless all of it came."""

from collections.abc import Iterator

import pytest

from app.errors import StorageUnavailable
from tests.support.concurrency.threads import at_once
from tests.support.servers.canned_response import TalkingServer, talking
from tests.support.servers.databases import S3Server
from tests.support.stores.image_stores import proxied_s3_store, s3_store

pytestmark = [
    # botocore leaves the socket of an answer that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("answers_break_off"),
]

KEY = "images/x.png"
IMAGE = bytes(2_000_000)
AS_AMAZON_ANSWERS = (
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
LAST_WORDS = (
    *(b"HTTP/1.1 200", b"Date: Su", b"Last-Modified: Su", b"11:00:00 GMT\r\n", b"image/"),
    *(b"image/png\r\n", b"Content-Length: ", b"Content-Length: 5\r\n", b"AmazonS3\r\n"),
    *(b"\r\n\r\n", b"hell"),
)


@pytest.fixture
def amazon() -> Iterator[TalkingServer]:
    """Run a server that answers as Amazon S3 does, with an image of five bytes."""
    with talking(AS_AMAZON_ANSWERS) as server:
        yield server


def test_an_answer_that_breaks_off_is_an_outage(s3_server: S3Server, s3_bucket: str) -> None:
    """Wherever a real server's answer is cut, in headers or body, no image comes of it."""
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

    at_once(len(places), one)


def test_headers_that_break_off_do_not_make_an_empty_image(
    amazon: TalkingServer, s3_server: S3Server
) -> None:
    """Amazon's answer, cut anywhere, is no image; not even without the length in its headers."""
    with s3_store(s3_server, "bucket", endpoint_url=amazon.address) as store:
        assert (store.get(KEY).data, store.get(KEY).content_type) == (b"hello", "image/png")
        for behind in LAST_WORDS:
            amazon.answer = AS_AMAZON_ANSWERS.partition(behind)[0] + behind
            with pytest.raises(StorageUnavailable):
                store.get(KEY)
