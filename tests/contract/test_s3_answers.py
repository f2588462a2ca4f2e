"""Answers of S3 that break off: not a byte of a picture is given out unless all of it came."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from app.errors import StorageUnavailable
from tests.contract.stores import proxied_s3_store, s3_store
from tests.ports import HOST
from tests.servers import S3Server
from tests.threads import at_once

pytestmark = [
    # botocore leaves the socket of an answer that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("answers_break_off"),
]

KEY = "images/x.png"
PICTURE = bytes(2_000_000)
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


@contextlib.contextmanager
def a_server_that_says(answer: bytes) -> Iterator[str]:
    """Run a server that answers every request with these bytes and hangs up; give its address."""

    def serve() -> None:
        while True:
            connection, _ = listener.accept()
            with connection:
                if not connection.recv(65_536):
                    return
                connection.sendall(answer)

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://{HOST}:{listener.getsockname()[1]}"
        socket.create_connection(listener.getsockname()).close()
        thread.join()


def test_an_answer_that_breaks_off_is_an_outage(s3_server: S3Server, s3_bucket: str) -> None:
    """Wherever a real server's answer is cut, in headers or body, no picture comes of it."""
    with s3_store(s3_server, s3_bucket) as store:
        store.put(KEY, PICTURE, content_type="image/png")
    places = [0, 5, 50, 100, 150, 200, 250, 300, 350, 400, 20_000, 1_900_000]

    def one(number: int) -> None:
        with proxied_s3_store(s3_server, s3_bucket) as (store, proxy):
            store.ping()
            proxy.cut_after(places[number])
            with pytest.raises(StorageUnavailable):
                store.get(KEY)
            proxy.restore()
            assert store.get(KEY).data == PICTURE

    at_once(len(places), one)


def test_the_imitated_answer_is_one(s3_server: S3Server) -> None:
    """The whole of the answer that the next test cuts is a picture."""
    with (
        a_server_that_says(AS_AMAZON_ANSWERS) as address,
        s3_store(s3_server, "bucket", endpoint_url=address) as store,
    ):
        assert (store.get(KEY).data, store.get(KEY).content_type) == (b"hello", "image/png")


@pytest.mark.parametrize("behind", [b"ETag", b"Content-Type", b"Content-Length", b"Server"])
def test_headers_that_break_off_do_not_make_an_empty_picture(
    s3_server: S3Server, behind: bytes
) -> None:
    """Headers without a length, as Amazon's order allows for, are no picture of no bytes."""
    cut = AS_AMAZON_ANSWERS.index(b"\r\n", AS_AMAZON_ANSWERS.index(behind)) + 2
    with (
        a_server_that_says(AS_AMAZON_ANSWERS[:cut]) as address,
        s3_store(s3_server, "bucket", endpoint_url=address) as store,
        pytest.raises(StorageUnavailable),
    ):
        store.get(KEY)
