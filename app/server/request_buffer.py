"""Buffer of an incoming request that detects when the request is complete.

gunicorn's own parser decides: it reads the buffered bytes, and if it reaches their end too early,
the request is incomplete. The worker's event loop uses this for all connections, so nothing here
blocks, and a client that sends byte by byte doesn't make the parser read a body repeatedly.
"""

from collections.abc import Iterator
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.http.parser import RequestParser

from app.errors import RequestTooLarge
from app.http.body_limits import MAX_BODY_BYTES, body_too_large, max_body_bytes

MAX_HEAD_BYTES = 32 * 1024
_CHUNKED_EXTRA_BYTES = 2 * MAX_HEAD_BYTES  # for head, chunk sizes and trailers
_MAX_CHUNKED_LINES = 2048  # the parser copies all remaining data for each chunk
_MAX_CHUNKED_PARSES = 32  # after data that looks like the last chunk, which JSON rarely does

_END = b"\r\n\r\n"  # ends a head, and a chunked body
_FRAMING = (b"content-length", b"transfer-encoding")


class RequestBuffer:
    """The bytes of a connection's next request.

    Args:
        cfg: gunicorn's settings.
        client: the client's address.
        initial: bytes that were received after the previous request.

    Attributes:
        data: all bytes so far; more than the request if the client pipelines.
        head_complete: whether only the body is missing.
        expects_continue: whether the client sends the body only after `100 Continue`
            (RFC 9110, section 10.1.1).
        max_body_bytes: the maximum size of the body, known once the head is complete.
    """

    def __init__(self, cfg: Any, client: Any, initial: bytes = b"") -> None:
        self.data = bytearray(initial)
        self.head_complete = False
        self.expects_continue = False
        self.max_body_bytes = MAX_BODY_BYTES
        self._cfg, self._client = cfg, client
        self._next_parse_length = 0
        self._chunked = False
        self._chunked_parses = 0

    def append(self, data: bytes) -> bool:
        """Add received bytes; return whether the request is complete.

        Raises:
            ParseException: gunicorn's parser rejects the request.
            RequestTooLarge: the body is larger than the limit.
        """
        self.data += data
        if not self.head_complete and self._is_bodyless():
            return True
        if not self.data:
            return False
        if len(self.data) < self._next_parse_length and not self._may_end_chunks(len(data)):
            return False
        return self._parse()

    def _is_bodyless(self) -> bool:
        """Return whether the data is a head without a body, the usual case."""
        if not self.data.endswith(_END):
            return False
        head = self.data.lower()
        return not any(name in head for name in _FRAMING)

    def _may_end_chunks(self, added: int) -> bool:
        return self._chunked and self.data.find(_END, max(0, len(self.data) - added - 3)) >= 0

    def _parse(self) -> bool:
        parser = RequestParser(self._cfg, _available(self.data), self._client)
        try:
            request = next(parser)
        except (NoMoreData, StopIteration):
            if len(self.data) > MAX_HEAD_BYTES:
                raise LimitRequestHeaders("the head as a whole") from None
            return False
        self.head_complete = True
        self.expects_continue = request._expected_100_continue
        self.max_body_bytes = max_body_bytes(request.method, request.path)
        reader = request.body.reader
        if isinstance(reader, LengthReader):
            return self._has_body(reader.length, len(parser.unreader.buf.getvalue()))
        return self._has_last_chunk(request.body)

    def _has_body(self, length: int, received: int) -> bool:
        if length > self.max_body_bytes:
            raise body_too_large(self.max_body_bytes)
        self._next_parse_length = len(self.data) + length - received
        return received >= length

    def _has_last_chunk(self, body: Any) -> bool:
        self._chunked = True
        self._chunked_parses += 1
        self._next_parse_length = 2 * len(self.data)
        too_many_lines = self.data.count(b"\r\n") > _MAX_CHUNKED_LINES
        if too_many_lines or self._chunked_parses > _MAX_CHUNKED_PARSES:
            raise RequestTooLarge
        try:
            length = len(body.read(self.max_body_bytes + 1))
        except NoMoreData:
            if len(self.data) > self.max_body_bytes + _CHUNKED_EXTRA_BYTES:
                raise body_too_large(self.max_body_bytes) from None
            return False
        if length > self.max_body_bytes:
            raise body_too_large(self.max_body_bytes)
        return True


def _available(data: bytearray) -> Iterator[bytes]:
    """Yield the bytes, then raise NoMoreData.

    The parser would take a normal end of the iterator for a closed connection.
    """
    yield bytes(data)
    raise NoMoreData
