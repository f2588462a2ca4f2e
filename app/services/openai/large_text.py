"""Decode a large base64 text while it arrives, so that only the file is held in memory."""

import binascii
import io
import json
import re
import secrets

PIECE_BYTES = 64 * 1024
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WHITESPACE = b" \t\r\n\f\v"
_MAX_ESCAPE = 6  # bytes of an escaped character, such as \u002b


class LargeText:
    """A base64 text inside JSON, in either alphabet, with or without line breaks and padding.

    A text that turns out to be none is kept from there on as it is.

    Attributes:
        placeholder: what stands for the text in the rest of the JSON; no server can guess it.
        valid: whether the text is base64 so far.
    """

    def __init__(self) -> None:
        self.placeholder = secrets.token_hex(16)
        self.valid = True
        self._file = io.BytesIO()
        self._rest = b""  # too short to be decoded
        self._escape = b""  # an escaped character that is cut off
        self._padded = False

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self._file.getbuffer().nbytes

    def feed(self, data: bytes) -> None:
        """Decode the next part of the text."""
        for start in range(0, len(data), PIECE_BYTES):
            self._feed(data[start : start + PIECE_BYTES])

    def close(self) -> None:
        """Decode what remains at the end of the text."""
        rest = self._rest.rstrip(b"=")
        self._rest = b""
        if rest:
            self._decode(rest + b"=" * (-len(rest) % 4))

    def file(self) -> bytes:
        """Return the file, without a copy."""
        return self._file.getvalue()

    def evidence(self, text: bytes) -> bytes:
        """Return the file, followed by the rest of the response; the last use of this object."""
        self._file.seek(0, io.SEEK_END)
        self._file.write(text)
        return self._file.getvalue()

    def _feed(self, piece: bytes) -> None:
        if not self.valid:
            self._file.write(piece)
            return
        try:
            bare = self._unescape(piece)
        except ValueError:
            self._give_up(piece)
            return
        data = self._rest + bare.translate(_TO_STANDARD, _WHITESPACE)
        whole = len(data) // 4 * 4
        self._rest = data[whole:]
        if data[:whole]:
            self._decode(data[:whole])

    def _unescape(self, piece: bytes) -> bytes:
        """Resolve the escapes of JSON.

        Raises:
            ValueError: they are invalid, or not in ASCII.
        """
        piece = self._escape + piece
        self._escape = b""
        if b"\\" not in piece:
            return piece
        if cut := re.search(rb"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)\Z", piece[-_MAX_ESCAPE:]):
            end = len(piece) - len(cut[1])
            piece, self._escape = piece[:end], piece[end:]
        text: str = json.loads(b'"' + piece + b'"')
        return text.encode("ascii")

    def _decode(self, data: bytes) -> None:
        try:
            if self._padded:
                raise ValueError
            self._file.write(binascii.a2b_base64(data, strict_mode=True))
        except ValueError:
            self._give_up(data)
        self._padded = data.endswith(b"=")

    def _give_up(self, data: bytes) -> None:
        self.valid = False
        self._file.write(data)
