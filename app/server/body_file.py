"""The body of an upload, which is received in a file instead of in memory."""

from collections.abc import Iterator

from app.errors import StorageUnavailable
from app.http.uploads.limits import UploadLimits
from app.server.chunk_decoder import ChunkDecoder

_PIECE_BYTES = 64 * 1024


class BodyFile:
    """A body that is written to disk while it arrives, and then read by gunicorn's parser.

    Writing takes as long as copying to the kernel's cache, unless the disk can't keep up.

    Args:
        limits: opens the file, and limits the size of the body.
        length: the length of the body; None if it is chunked.

    Attributes:
        received_bytes: all bytes so far, with the framing of chunks.
    """

    def __init__(self, limits: UploadLimits, length: int | None) -> None:
        if (length or 0) > limits.max_body_bytes:
            raise limits.too_large()
        self.received_bytes = 0
        self._limits = limits
        self._left = length or 0
        self._chunks = ChunkDecoder() if length is None else None
        self._body_bytes = 0
        self._rest = b""  # what follows the request, if the client pipelines
        self._file = limits.open_file()

    def append(self, data: bytes) -> bool:
        """Add received bytes; return whether the body is complete.

        Raises:
            ParseException: the framing of chunks is malformed.
            RequestTooLarge: the body is larger than the limit.
            StorageUnavailable: the disk is full or fails.
        """
        self.received_bytes += len(data)
        complete, body = self._decode(data)
        self._body_bytes += len(body)
        # Many small chunks are refused earlier: they cost more time than bytes.
        allowed = self._limits.max_body_bytes
        if self._body_bytes > allowed or self.received_bytes > allowed + allowed // 8:
            raise self._limits.too_large()
        try:
            self._file.write(body)
            if complete:
                self._file.seek(0)
        except OSError as error:
            raise StorageUnavailable(f"the body can't be written: {error.strerror}") from None
        return complete

    def _decode(self, data: bytes) -> tuple[bool, bytes]:
        """Return whether the body is complete, and its part in the data."""
        if self._chunks:
            body = self._chunks.decode(data)
            self._rest = self._chunks.rest
            return self._chunks.finished, body
        body, self._rest = data[: self._left], data[self._left :]
        self._left -= len(body)
        return not self._left, body

    def pieces(self) -> Iterator[bytes]:
        """Yield the complete body in pieces, framed like the request's.

        What follows the request is part of the last piece; see RequestBuffer.
        """
        end = (b"0\r\n\r\n" if self._chunks else b"") + self._rest
        piece = self._file.read(_PIECE_BYTES)
        while piece:
            following = self._file.read(_PIECE_BYTES)
            framed = b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunks else piece
            yield framed if following else framed + end
            piece = following
        if not self._body_bytes:
            yield end

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
