"""When a request counts as complete, judged by its bytes alone."""

import pytest
from gunicorn.config import Config

from app.errors import RequestTooLarge
from app.http.body_limits import MAX_BODY_BYTES, MAX_FILE_BODY_BYTES
from app.server.request_buffer import RequestBuffer

_HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_NAME = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5.png"
_FALSE_END = b"4\r\n\r\n\r\n\r\n"


@pytest.fixture
def buffer() -> RequestBuffer:
    """Create an empty buffer."""
    return RequestBuffer(Config(), ("127.0.0.1", 1))


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="no body"),
        pytest.param(_HEAD + b"Content-Length: 0\r\n\r\n", id="empty body"),
        pytest.param(_HEAD + b"CONTENT-length:  5\r\n\r\n12345", id="body"),
        pytest.param(
            _HEAD + b"Content-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n", id="body of line breaks"
        ),
        pytest.param(_CHUNKED + b"0\r\n\r\n", id="no chunk"),
        pytest.param(
            _CHUNKED + _FALSE_END * 3 + b"2;a=b\r\n{}\r\n000\r\nX-Sum: 1\r\n\r\n",
            id="chunks and trailer",
        ),
    ],
)
def test_request_is_complete_with_its_last_byte(
    buffer: RequestBuffer, request_bytes: bytes
) -> None:
    """Sent byte by byte, a request is complete after the last byte and not before."""
    complete = [buffer.append(bytes([byte])) for byte in request_bytes]
    assert complete == [False] * (len(request_bytes) - 1) + [True]
    assert buffer.data == request_bytes


def test_body_is_limited_to_64_kib(buffer: RequestBuffer) -> None:
    """The largest valid body is received; one byte more is rejected when it is announced."""
    assert not buffer.append(_HEAD + b"Content-Length: %d\r\n\r\n" % MAX_BODY_BYTES)
    assert buffer.append(bytes(MAX_BODY_BYTES))
    with pytest.raises(RequestTooLarge):
        RequestBuffer(Config(), ("127.0.0.1", 1)).append(
            _HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1)
        )


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("POST", f"/images/{_NAME}/cutouts", MAX_FILE_BODY_BYTES),
        ("POST", f"/images/{_NAME}/cutouts?x=1", MAX_FILE_BODY_BYTES),
        ("PUT", f"/images/{_NAME}/cutouts", MAX_BODY_BYTES),
        ("POST", f"/images/{_NAME}", MAX_BODY_BYTES),
        ("POST", f"/images/{_NAME}/cutouts/", MAX_BODY_BYTES),
        ("POST", "/images/any/cutouts", MAX_BODY_BYTES),
        ("POST", "/generate-image", MAX_BODY_BYTES),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_larger_bodies_are_received_for_masks_only(
    method: str, path: str, limit: int, chunked: bool
) -> None:
    """The limit depends on method and path, with a length and in chunks."""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n".encode()
    for size in (limit, limit + 1):
        buffer = RequestBuffer(Config(), ("127.0.0.1", 1))
        if chunked:
            request = b"%sTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (head, size)
            request += bytes(size) + b"\r\n0\r\n\r\n"
        else:
            request = b"%sContent-Length: %d\r\n\r\n" % (head, size) + bytes(size)
        if size > limit:
            with pytest.raises(RequestTooLarge):
                buffer.append(request)
        else:
            assert buffer.append(request)


def test_chunks_that_keep_looking_like_the_last_one_are_rejected(buffer: RequestBuffer) -> None:
    """A client can't make the server parse the same body again and again."""
    buffer.append(_CHUNKED)
    with pytest.raises(RequestTooLarge):
        any(buffer.append(_FALSE_END) for _ in range(60))


def test_thousands_of_tiny_chunks_are_rejected(buffer: RequestBuffer) -> None:
    """Parsing a chunk copies all that follow it, so their number is limited."""
    with pytest.raises(RequestTooLarge):
        buffer.append(_CHUNKED + b"1\r\n{\r\n" * 5000)
