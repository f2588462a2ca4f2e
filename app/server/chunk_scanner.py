"""Detection of the end of a chunked body that arrives in pieces (RFC 9112, section 7.1)."""

import re

_LINE_END = b"\r\n"
_SIZE = re.compile(rb"[0-9A-Fa-f]+")


class ChunkScanner:
    """Follows the chunk sizes of a growing buffer, looking at each byte of framing once.

    It only finds the end. gunicorn's parser decides whether extensions and trailers are valid.

    Args:
        start: the offset of the body in the buffer.

    Attributes:
        body_bytes: the sum of the chunk sizes so far, without framing.
    """

    def __init__(self, start: int) -> None:
        self.body_bytes = 0
        self._line = start  # of the next chunk-size line, or of what has to end the trailers
        self._searched = start
        self._in_trailers = False

    def find_end(self, data: bytearray) -> int | None:
        """Return the offset behind the body, or behind all data if it is malformed.

        Args:
            data: the buffer of the previous call with further bytes appended.

        Returns:
            None if the end has not arrived.
        """
        while not self._in_trailers:
            if self._has_wrong_chunk_end(data):
                return len(data)
            line_end = self._find(data, _LINE_END)
            if line_end < 0:
                return None
            size = _chunk_size(bytes(data[self._line : line_end]))
            if size is None:
                return len(data)
            self._go_behind(line_end, size)
        # Without trailers, the line end of the last chunk's size is a part of the terminator.
        found = self._find(data, 2 * _LINE_END)
        return None if found < 0 else found + 2 * len(_LINE_END)

    def _go_behind(self, line_end: int, size: int) -> None:
        self.body_bytes += size
        self._in_trailers = size == 0
        self._line = line_end if size == 0 else line_end + len(_LINE_END) + size + len(_LINE_END)
        self._searched = self._line

    def _has_wrong_chunk_end(self, data: bytearray) -> bool:
        """Return whether other bytes than a line end follow the data of the last chunk."""
        if not self.body_bytes:
            return False
        end = bytes(data[self._line - len(_LINE_END) : self._line])
        return len(end) == len(_LINE_END) and end != _LINE_END

    def _find(self, data: bytearray, terminator: bytes) -> int:
        """Search what was appended, and bytes before it that may begin the terminator."""
        found = data.find(terminator, self._searched)
        self._searched = max(self._line, len(data) - len(terminator) + 1)
        return found


def _chunk_size(line: bytes) -> int | None:
    """Return the size in a chunk-size line; None if it is malformed."""
    digits, semicolon, _ = line.partition(b";")
    digits = digits.rstrip(b" \t") if semicolon else digits
    return int(digits, 16) if _SIZE.fullmatch(digits) else None
