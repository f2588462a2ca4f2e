"""Bodies of uploads, which are received in a file."""

import io
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import IterUnreader

from app.errors import RequestTooLarge, StorageUnavailable
from app.http.uploads.limits import UploadLimits
from app.server.request_buffer import RequestBuffer
from tests.support.tables import each_row

MAX_FILE_BYTES = 200_000
HEAD = b"POST /images HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = bytes(range(256)) * 700


class FullDisk(io.BytesIO):
    """A file that takes nothing."""

    def write(self, _: object, /) -> int:
        """Fail."""
        raise OSError(28, "No space left on device")


def limits(file: type[io.BytesIO] = io.BytesIO) -> UploadLimits:
    """Return limits for files in memory."""
    return UploadLimits(max_file_bytes=MAX_FILE_BYTES, open_file=file, places=nullcontext())


@pytest.fixture
def buffer() -> RequestBuffer:
    """Create an empty buffer that receives uploads."""
    return RequestBuffer(Config(), ("127.0.0.1", 1), uploads=limits())


def framed(size: int) -> bytes:
    """Return the body in chunks of this size, with extensions and a trailer."""
    starts = range(0, len(BODY), size)
    parts = (BODY[start : start + size] for start in starts)
    return (
        b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\nX: 1\r\n\r\n"
    )


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    """Yield the data in pieces."""
    return (data[start : start + size] for start in range(0, len(data), size))


@each_row(
    "request_bytes, piece",
    [
        (HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY, 1 << 30),
        (HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY, 1001),
        (HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(BODY) + BODY, 65536),
        (CHUNKED + framed(1 << 20), 1 << 30),
        (CHUNKED + framed(5000), 1 << 30),
        (CHUNKED + framed(5000), 4096),
        (CHUNKED + framed(37), 7),
    ],
)
def test_body_is_received_and_read_in_pieces(request_bytes: bytes, piece: int) -> None:
    """However it is framed and cut, the parser reads the same body; the next request remains."""
    buffer = RequestBuffer(Config(), ("127.0.0.1", 1), uploads=limits())
    received = [buffer.append(data) for data in pieces_of(request_bytes, piece)]
    assert received == [False] * (len(received) - 1) + [True]
    assert bytes(buffer.data) == request_bytes[: request_bytes.index(b"\r\n\r\n") + 4]
    parser = RequestParser(Config(), iter(()), ("127.0.0.1", 1))
    parser.unreader = IterUnreader(buffer.pieces())
    assert next(parser).body.read() == BODY


@each_row(
    "end",
    [
        b"Content-Length: 5\r\n\r\n12345",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n",
    ],
)
def test_following_request_remains(end: bytes) -> None:
    """What a client pipelines behind an upload is left for the next buffer."""
    buffer = RequestBuffer(Config(), ("127.0.0.1", 1), uploads=limits())
    assert buffer.append(HEAD + end + NEXT)
    parser = RequestParser(Config(), iter(()), ("127.0.0.1", 1))
    parser.unreader = IterUnreader(buffer.pieces())
    assert next(parser).body.read() == b"12345"
    assert parser.unreader.take_buffered() == NEXT


@each_row(
    "chunks",
    [
        b"x\r\n",
        b"\r\n",
        b"-5\r\n12345\r\n",
        b"5 \r\n12345\r\n",
        b"5\r\n12345xx",
        b"5\n12345\n0\n\n\r\n",
        b"1" * 9000,
        b"0\r\n" + b"X" * 33_000,
    ],
)
def test_malformed_chunks_are_rejected(chunks: bytes) -> None:
    """The framing of chunks is checked while they arrive."""
    buffer = RequestBuffer(Config(), ("127.0.0.1", 1), uploads=limits())
    with pytest.raises(ParseException):
        buffer.append(CHUNKED + chunks)


def test_body_is_limited(buffer: RequestBuffer) -> None:
    """A larger one is refused when it is announced, or once it is too large."""
    most = limits().max_body_bytes
    with pytest.raises(RequestTooLarge) as caught:
        buffer.append(HEAD + b"Content-Length: %d\r\n\r\n" % (most + 1))
    assert "The file is larger than 0.19" in caught.value.message
    chunked = RequestBuffer(Config(), ("127.0.0.1", 1), uploads=limits())
    assert not chunked.append(CHUNKED + b"%x\r\n" % most + bytes(most))
    with pytest.raises(RequestTooLarge):
        chunked.append(b"\r\n1\r\nx")


def test_framing_is_limited(buffer: RequestBuffer) -> None:
    """Chunks of a byte, which take long to decode, are refused before the body is that large."""
    assert not buffer.append(CHUNKED)
    chunks = b"1\r\nx\r\n" * (limits().max_body_bytes // 6)
    assert not buffer.append(chunks)
    with pytest.raises(RequestTooLarge):
        buffer.append(chunks[: len(chunks) // 6])


def test_full_disk(buffer: RequestBuffer) -> None:
    """It is 503, and other requests are received in memory as before."""
    full = RequestBuffer(Config(), ("127.0.0.1", 1), uploads=limits(FullDisk))
    with pytest.raises(StorageUnavailable):
        full.append(HEAD + b"Content-Length: 2\r\n\r\n12")
    head = HEAD.replace(b"/images", b"/generate-image")
    assert buffer.append(head + b"Content-Length: 2\r\n\r\n12")
    assert buffer.file is None
    with pytest.raises(RequestTooLarge):
        RequestBuffer(Config(), ("127.0.0.1", 1), uploads=limits()).append(
            head + b"Content-Length: 65537\r\n\r\n"
        )
