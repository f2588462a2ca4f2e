"""Buffer of an incoming request that detects when the request is complete.

gunicorn's own parser decides: it reads the head from the buffer, and if it reaches the end too
early, the head is incomplete. It reads a chunked body once, when the scanner has found its end.
The worker's event loop uses this for all connections, so nothing here blocks, and a client that
sends byte by byte doesn't make the parser read a body repeatedly.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.http.parser import RequestParser

from app.http.auth import CREDENTIAL_HEADERS
from app.http.body_limits import MAX_BODY_BYTES, body_too_large, is_upload, max_body_bytes
from app.http.uploads.key_check import Credentials
from app.http.uploads.limits import UploadLimits
from app.server.body_file import BodyFile
from app.server.chunk_scanner import ChunkScanner

MAX_HEAD_BYTES = 32 * 1024
_CHUNKED_EXTRA_BYTES = 2 * MAX_HEAD_BYTES  # for head, chunk sizes and trailers
_PIECE_BYTES = 4096  # the parser copies the rest of a piece for each chunk in it

_HEAD_END = b"\r\n\r\n"
_CREDENTIAL_HEADERS = {name.upper() for name in CREDENTIAL_HEADERS}  # as gunicorn has them
_LAST_REQUEST = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*\r\n", re.IGNORECASE)
_FRAMING = (b"content-length", b"transfer-encoding")


class RequestBuffer:
    """The bytes of a connection's next request.

    Args:
        cfg: gunicorn's settings.
        client: the client's address.
        initial: bytes that were received after the previous request.
        uploads: the limits of uploads, whose bodies are received in a file; None for none.

    Attributes:
        data: all bytes so far; more than the request if the client pipelines. Only the head of an
            upload.
        head_complete: whether only the body is missing.
        expects_continue: whether the client sends the body only after `100 Continue`
            (RFC 9110, section 10.1.1).
        max_body_bytes: the maximum size of the body, known once the head is complete.
        file: the body of an upload, once the head is complete.
        credentials: the headers with an API key, once the head is complete.
    """

    def __init__(
        self, cfg: Any, client: Any, initial: bytes = b"", *, uploads: UploadLimits | None = None
    ) -> None:
        self.data = bytearray(initial)
        self.head_complete = False
        self.expects_continue = False
        self.max_body_bytes = MAX_BODY_BYTES
        self.file: BodyFile | None = None
        self.credentials: Credentials = {}
        self._cfg, self._client, self._uploads = cfg, client, uploads
        self._request_length = 0  # at least, as far as it is known
        self._chunks: ChunkScanner | None = None
        self._chunked_end = 0

    @property
    def request_line(self) -> tuple[str, str]:
        """The method and target of a complete request."""
        line = self.data[: self.data.find(b"\r\n")].decode("latin-1")
        method, _, rest = line.partition(" ")
        return method, rest.partition(" ")[0]

    @property
    def is_last(self) -> bool:
        """Whether the client announces that it sends nothing after this request."""
        head = self.data[: self.data.find(_HEAD_END) + len(_HEAD_END)]
        return len(head) == len(self.data) and bool(_LAST_REQUEST.search(head))

    def append(self, data: bytes) -> bool:
        """Add received bytes; return whether the request is complete.

        Raises:
            ParseException: gunicorn's parser rejects the request.
            RequestTooLarge: the body is larger than the limit.
            StorageUnavailable: the file of an upload can't be written.
        """
        if self.file:
            return self.file.append(data)
        self.data += data
        if not self.head_complete and self._is_bodyless():
            return True
        if not self.data:
            return False
        if self._chunks:
            return self._has_all_chunks(self._chunks)
        return len(self.data) >= self._request_length and self._parse()

    def pieces(self) -> Iterator[bytes]:
        """Yield the data of a complete request in pieces.

        What follows the request is part of the last piece, so that the parser, which reads on only
        when it needs to, has it in its buffer at the end.
        """
        if self.file:
            yield bytes(self.data)
            yield from self.file.pieces()
            return
        last = max(0, self._chunked_end - 1)
        for start in range(0, last, _PIECE_BYTES):
            yield bytes(self.data[start : min(start + _PIECE_BYTES, last)])
        yield bytes(self.data[last:])

    def close(self) -> None:
        """Remove the file of an upload."""
        if self.file:
            self.file.close()

    def _is_bodyless(self) -> bool:
        """Return whether the data is a head without a body, the usual case."""
        if not self.data.endswith(_HEAD_END) or len(self.data) > MAX_HEAD_BYTES:
            return False
        head = self.data.lower()
        return not any(name in head for name in _FRAMING)

    def _parse(self) -> bool:
        parser = self._parser(bytes(self.data))
        try:
            request = next(parser)
        except (NoMoreData, StopIteration):
            _check_head(len(self.data))
            return False
        _check_head(self._body_start(parser))
        self.head_complete = True
        self.expects_continue = request._expected_100_continue
        self.credentials = _credentials(request.headers)
        reader, start = request.body.reader, self._body_start(parser)
        length = reader.length if isinstance(reader, LengthReader) else None
        if self._uploads and is_upload(request.method, request.path):
            return self._receive_file(self._uploads, start, length)
        self.max_body_bytes = max_body_bytes(request.method, request.path)
        if length is not None:
            return self._has_body(start, length)
        self._chunks = ChunkScanner(start)
        return self._has_all_chunks(self._chunks)

    def _parser(self, *pieces: bytes) -> RequestParser:
        return RequestParser(self._cfg, _until_no_more_data(pieces), self._client)

    def _body_start(self, parser: RequestParser) -> int:
        return len(self.data) - len(parser.unreader.buf.getvalue())

    def _receive_file(self, uploads: UploadLimits, start: int, length: int | None) -> bool:
        self.max_body_bytes = uploads.max_body_bytes
        self.file = BodyFile(uploads, length)
        received = bytes(self.data[start:])
        del self.data[start:]
        return self.file.append(received)

    def _has_body(self, start: int, length: int) -> bool:
        if length > self.max_body_bytes:
            raise body_too_large(self.max_body_bytes)
        self._request_length = start + length
        return len(self.data) >= self._request_length

    def _has_all_chunks(self, chunks: ChunkScanner) -> bool:
        end = chunks.find_end(self.data)
        is_large = len(self.data) > self.max_body_bytes + _CHUNKED_EXTRA_BYTES
        if chunks.body_bytes > self.max_body_bytes or (is_large and end is None):
            raise body_too_large(self.max_body_bytes)
        if end is None:
            return False
        self._chunked_end = end
        next(self._parser(*self.pieces())).body.read()  # raises if it is malformed
        return True


def _credentials(headers: Iterable[tuple[str, str]]) -> Credentials:
    """Return the headers with an API key; the values of a repeated one are joined, as in WSGI."""
    found: Credentials = {}
    for header, value in headers:
        name = f"HTTP_{header.replace('-', '_')}"
        if header in _CREDENTIAL_HEADERS:
            found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _check_head(size: int) -> None:
    if size > MAX_HEAD_BYTES:
        raise LimitRequestHeaders("the head as a whole")


def _until_no_more_data(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces, then raise NoMoreData.

    The parser would take a normal end of the iterator for a closed connection.
    """
    yield from pieces
    raise NoMoreData
