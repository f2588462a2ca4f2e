"""When a request counts as complete, judged by its bytes alone."""

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import LimitRequestHeaders, ParseException
from gunicorn.http.parser import RequestParser

from app.errors import RequestTooLarge
from app.http.body_limits import MAX_BODY_BYTES, MAX_FILE_BODY_BYTES
from app.server.request_buffer import MAX_HEAD_BYTES, RequestBuffer
from tests.support.tables import each_row

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


@each_row(
    "method, path, limit",
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
@each_row("chunked", [False, True])
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


FRAMINGS = {
    "no chunk": b"0\r\n\r\n",
    "one chunk": b"2\r\n{}\r\n0\r\n\r\n",
    "chunks": b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    "a size with zeros": b"0002\r\n{}\r\n0000\r\n\r\n",
    "a trailer": b"2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n",
    "trailers": b"2\r\n{}\r\n0\r\nX-A: 1\r\nX-B:\r\nX-C: 3\r\n\r\n",
    "extensions": b'2;a=b;c="d e"\r\n{}\r\n0;last\r\n\r\n',
    "spaces before an extension": b"2 ;a=1\r\n{}\r\n0\t;b\r\n\r\n",
    "line ends as data": b"8\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
    "data that looks like the end": b"5\r\n0\r\n\r\n\r\n0\r\n\r\n",
}


@each_row("body", FRAMINGS.values())
def test_chunked_request_may_arrive_in_any_two_parts(body: bytes) -> None:
    """Wherever it is split, a request is incomplete before the second part and complete after."""
    request = _CHUNKED + body
    for at in range(1, len(request)):
        buffer = RequestBuffer(Config(), ("127.0.0.1", 1))
        assert (buffer.append(request[:at]), buffer.append(request[at:])) == (False, True), at


@each_row("body", FRAMINGS.values())
def test_chunked_request_is_passed_on_with_what_follows(body: bytes) -> None:
    """The parser reads the same body from the pieces, and keeps the next request."""
    next_request = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
    buffer = RequestBuffer(Config(), ("127.0.0.1", 1))
    assert buffer.append(_CHUNKED + body + next_request)
    parser = RequestParser(Config(), buffer.pieces(), ("127.0.0.1", 1))
    whole = RequestParser(Config(), [_CHUNKED + body], ("127.0.0.1", 1))
    assert next(parser).body.read() == next(whole).body.read()
    assert parser.unreader.buf.getvalue() == next_request


@each_row(
    "body",
    [
        b"2\r\n{}}\r\n0\r\n\r\n",
        b"x\r\n",
        b"-2\r\n",
        b"2_0\r\n",
        b"0x2\r\n",
        b" 2\r\n",
        b"\r\n",
        b"2;=\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}\r\n0\r\nbad\r\n\r\n",
        b"2\r\n{}\r\n0\r\nHost: y\r\n\r\n",
    ],
)
def test_malformed_chunks_are_rejected_in_any_two_parts(body: bytes) -> None:
    """The parser's error does not depend on where the network splits the request."""
    for at in range(len(body)):
        buffer = RequestBuffer(Config(), ("127.0.0.1", 1))
        with pytest.raises(ParseException):
            any(buffer.append(part) for part in (_CHUNKED + body[:at], body[at:]))


def test_chunks_may_be_tiny_and_look_like_the_last_one(buffer: RequestBuffer) -> None:
    """A body of thousands of chunks is received, as clients that write each token send it."""
    body = b"1\r\n{\r\n" * 4000 + _FALSE_END * 1000
    for at in range(0, len(body), 100):
        assert not buffer.append((_CHUNKED if at == 0 else b"") + body[at : at + 100])
    assert buffer.append(b"0\r\n\r\n")


def test_more_framing_than_body_is_rejected(buffer: RequestBuffer) -> None:
    """What surrounds the chunks is limited, too."""
    with pytest.raises(RequestTooLarge):
        buffer.append(_CHUNKED + b"1\r\n{\r\n" * 40_000)
    with pytest.raises(RequestTooLarge):
        RequestBuffer(Config(), ("127.0.0.1", 1)).append(_CHUNKED + b"F" * 16 + b"\r\n")


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"", b""),
        (b"Content-Length: 2\r\n", b"{}"),
        (b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    ],
    ids=["no body", "body", "chunks"],
)
@pytest.mark.parametrize("pieces", [1, 2])
def test_head_is_limited_to_32_kib(framing: bytes, body: bytes, pieces: int) -> None:
    """One byte more is rejected, also if the whole request arrives in one piece."""
    for excess in (0, 1):
        head = _HEAD + framing
        while len(head) < MAX_HEAD_BYTES - 4000:
            head += b"X: " + b"x" * 3000 + b"\r\n"
        rest = MAX_HEAD_BYTES + excess - len(head) - len(b"X: \r\n\r\n")
        request = head + b"X: " + b"x" * rest + b"\r\n\r\n" + body
        buffer = RequestBuffer(Config(), ("127.0.0.1", 1))
        at = len(request) // pieces
        parts = [part for part in (request[:at], request[at:]) if part]
        if excess:
            with pytest.raises(LimitRequestHeaders):
                any(buffer.append(part) for part in parts)
        else:
            assert [buffer.append(part) for part in parts][-1]


def test_small_requests_that_follow_do_not_count(buffer: RequestBuffer) -> None:
    """Pipelined requests may together be larger than one head."""
    assert buffer.append(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2000)
