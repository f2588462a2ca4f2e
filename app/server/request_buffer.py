"""A request on its way in: what has come so far, and whether that is the whole of it.

What a request is, is gunicorn's to say: its parser reads the bytes that are held here, and if it
runs out of them, more are awaited. The worker's loop calls this for all connections, so nothing
here waits, and no byte that trickles in makes it read all of a body again.
"""

from collections.abc import Iterator
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.http.parser import RequestParser

from app.errors import RequestTooLarge
from app.http.concurrency import MAX_BODY_BYTES

MAX_HEAD_BYTES = 32 * 1024
_MAX_CHUNKED_BYTES = MAX_BODY_BYTES + 2 * MAX_HEAD_BYTES  # head, sizes and trailers included
_MAX_CHUNKED_LINES = 2048  # the parser copies all that follows, once for each chunk
_MAX_LOOKS = 32  # at chunks that seem to be all; JSON has no reason to look like their end

_END = b"\r\n\r\n"  # of a head, and of a body in chunks
_FRAMING = (b"content-length", b"transfer-encoding")


class RequestBuffer:
    """The bytes of the next request on a connection.

    Args:
        cfg: gunicorn's settings.
        client: the address of who sends.
        held: what was read already, behind the request before.

    Attributes:
        data: all bytes so far; more than the request if the caller sends the next one already.
        head_is_whole: whether only the body is awaited.
        wants_to_continue: whether the caller holds the body back until told to send it
            (RFC 9110, section 10.1.1).
    """

    def __init__(self, cfg: Any, client: Any, held: bytes = b"") -> None:
        self.data = bytearray(held)
        self.head_is_whole = False
        self.wants_to_continue = False
        self._cfg, self._client = cfg, client
        self._next_look = 0
        self._in_chunks = False
        self._looks = 0

    def take(self, piece: bytes) -> bool:
        """Add what has come; tell whether the request is whole.

        Raises:
            ParseException: if gunicorn's parser refuses it.
            RequestTooLarge: if its body is larger than any valid one.
        """
        self.data += piece
        if not self.head_is_whole and self._is_plain():
            return True
        if not self.data:
            return False
        if len(self.data) < self._next_look and not self._chunks_may_end(len(piece)):
            return False
        return self._look()

    def _is_plain(self) -> bool:
        """Tell whether this is a head that announces no body, as nearly all are."""
        if not self.data.endswith(_END):
            return False
        head = self.data.lower()
        return not any(name in head for name in _FRAMING)

    def _chunks_may_end(self, new: int) -> bool:
        return self._in_chunks and self.data.find(_END, max(0, len(self.data) - new - 3)) >= 0

    def _look(self) -> bool:
        parser = RequestParser(self._cfg, _bytes_so_far(self.data), self._client)
        try:
            request = next(parser)
        except (NoMoreData, StopIteration):
            if len(self.data) > MAX_HEAD_BYTES:
                raise LimitRequestHeaders("the head as a whole") from None
            return False
        self.head_is_whole = True
        self.wants_to_continue = request._expected_100_continue
        reader = request.body.reader
        if isinstance(reader, LengthReader):
            return self._has(reader.length, len(parser.unreader.buf.getvalue()))
        return self._has_all_chunks(request.body)

    def _has(self, length: int, held: int) -> bool:
        if length > MAX_BODY_BYTES:
            raise RequestTooLarge
        self._next_look = len(self.data) + length - held
        return held >= length

    def _has_all_chunks(self, body: Any) -> bool:
        self._in_chunks = True
        self._looks += 1
        self._next_look = 2 * len(self.data)
        if self.data.count(b"\r\n") > _MAX_CHUNKED_LINES or self._looks > _MAX_LOOKS:
            raise RequestTooLarge
        try:
            length = len(body.read(MAX_BODY_BYTES + 1))
        except NoMoreData:
            if len(self.data) > _MAX_CHUNKED_BYTES:
                raise RequestTooLarge from None
            return False
        if length > MAX_BODY_BYTES:
            raise RequestTooLarge
        return True


def _bytes_so_far(data: bytearray) -> Iterator[bytes]:
    """Give the parser what there is; to end then would mean that the caller has hung up."""
    yield bytes(data)
    raise NoMoreData
