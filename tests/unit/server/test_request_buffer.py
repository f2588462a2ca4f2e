"""When a request has arrived, as far as bytes alone can tell."""

import pytest
from gunicorn.config import Config

from app.errors import RequestTooLarge
from app.http.concurrency import MAX_BODY_BYTES
from app.server.request_buffer import RequestBuffer

_HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_FALSE_END = b"4\r\n\r\n\r\n\r\n"


@pytest.fixture
def arrival() -> RequestBuffer:
    """Give one of which nothing has come."""
    return RequestBuffer(Config(), ("127.0.0.1", 1))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        _HEAD + b"Content-Length: 0\r\n\r\n",
        _HEAD + b"CONTENT-length:  5\r\n\r\n12345",
        _HEAD + b"Content-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n",
        _CHUNKED + b"0\r\n\r\n",
        _CHUNKED + _FALSE_END * 3 + b"2;a=b\r\n{}\r\n000\r\nX-Sum: 1\r\n\r\n",
    ],
)
def test_a_request_is_whole_with_its_last_byte_and_not_before(
    arrival: RequestBuffer, request_bytes: bytes
) -> None:
    """Byte by byte, exactly the last one completes it."""
    whole = [arrival.take(bytes([byte])) for byte in request_bytes]
    assert whole == [False] * (len(request_bytes) - 1) + [True]
    assert arrival.data == request_bytes


def test_a_body_may_have_64_kib_and_no_more(arrival: RequestBuffer) -> None:
    """The largest valid body is awaited; one byte more is refused when it is announced."""
    assert not arrival.take(_HEAD + b"Content-Length: %d\r\n\r\n" % MAX_BODY_BYTES)
    assert arrival.take(bytes(MAX_BODY_BYTES))
    with pytest.raises(RequestTooLarge):
        RequestBuffer(Config(), ("127.0.0.1", 1)).take(
            _HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1)
        )


def test_chunks_that_keep_looking_like_the_end_are_not_looked_at_for_ever(
    arrival: RequestBuffer,
) -> None:
    """Who makes the server read the same body again and again is refused."""
    arrival.take(_CHUNKED)
    with pytest.raises(RequestTooLarge):
        any(arrival.take(_FALSE_END) for _ in range(60))


def test_thousands_of_tiny_chunks_are_refused(arrival: RequestBuffer) -> None:
    """Each chunk costs as much as all that follow it, so there may not be too many."""
    with pytest.raises(RequestTooLarge):
        arrival.take(_CHUNKED + b"1\r\n{\r\n" * 5000)
