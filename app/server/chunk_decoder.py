"""Decoding of a chunked body that arrives in pieces (RFC 9112, section 7.1)."""

import re

from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkSize, LimitRequestHeaders

_LINE_END = b"\r\n"
_MAX_LINE_BYTES = 8190  # as gunicorn's parser allows
_MAX_TRAILER_BYTES = 32 * 1024
_SIZE = re.compile(rb"([0-9A-Fa-f]+)(?:[ \t]*;[^\r\n]*)?")


class ChunkDecoder:
    """Removes the framing of chunks.

    In contrast to a ChunkScanner it needs only a part of the body in memory. Extensions and
    trailers are dropped.

    Attributes:
        finished: whether the end of the body was found.
        rest: the bytes behind the end.
    """

    def __init__(self) -> None:
        self.finished = False
        self.rest = b""
        self._pending = bytearray()
        self._left = 0  # bytes of the current chunk
        self._in_chunk = self._in_trailers = False

    def decode(self, data: bytes) -> bytes:
        """Add received bytes; return the part of the body that they contain.

        Raises:
            ParseException: the framing is malformed.
        """
        self._pending += data
        body = bytearray()
        while self._advance(body):
            pass
        return bytes(body)

    def _advance(self, body: bytearray) -> bool:
        """Take the next piece of the pending bytes; return whether there was one."""
        if self.finished:
            return False
        if self._in_trailers:
            return self._take_trailer()
        return self._take_data(body) if self._in_chunk else self._take_size()

    def _take_data(self, body: bytearray) -> bool:
        taken = min(self._left, len(self._pending))
        body += self._pending[:taken]
        del self._pending[:taken]
        self._left -= taken
        if self._left or len(self._pending) < len(_LINE_END):
            return False
        if not self._pending.startswith(_LINE_END):
            raise ChunkMissingTerminator(bytes(self._pending[: len(_LINE_END)]))
        del self._pending[: len(_LINE_END)]
        self._in_chunk = False
        return True

    def _take_size(self) -> bool:
        line = self._take_line(_MAX_LINE_BYTES, InvalidChunkSize(b"the line is too long"))
        if line is None:
            return False
        match = _SIZE.fullmatch(line)
        if match is None:
            raise InvalidChunkSize(line[:32])
        self._left = int(match[1], 16)
        self._in_chunk, self._in_trailers = self._left > 0, self._left == 0
        return True

    def _take_trailer(self) -> bool:
        line = self._take_line(_MAX_TRAILER_BYTES, LimitRequestHeaders("the trailers"))
        if line == b"":
            self.finished, self.rest = True, bytes(self._pending)
        return line is not None

    def _take_line(self, limit: int, error: Exception) -> bytes | None:
        """Return the next line, or None if its end has not arrived."""
        end = self._pending.find(_LINE_END)
        if (end if end >= 0 else len(self._pending)) > limit:
            raise error
        if end < 0:
            return None
        line = bytes(self._pending[:end])
        del self._pending[: end + len(_LINE_END)]
        return line
