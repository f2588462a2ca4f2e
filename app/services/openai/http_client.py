"""Keeps the provider's error answers short: the SDK reads all of them, however large."""

from collections.abc import Iterator

import httpx2

_MAX_BYTES = 1024 * 1024
_MAX_PACKED_BYTES = 64 * 1024  # compressed ones may unpack to a thousand times as much


def shortened(response: httpx2.Response) -> None:
    """Let an error's body end early; what it says is in its first bytes."""
    if response.status_code >= 400 and isinstance(response.stream, httpx2.SyncByteStream):
        packed = "content-encoding" in response.headers
        response.stream = _Short(response.stream, _MAX_PACKED_BYTES if packed else _MAX_BYTES)


class _Short(httpx2.SyncByteStream):
    """The beginning of a stream."""

    def __init__(self, stream: httpx2.SyncByteStream, most_bytes: int) -> None:
        self._stream = stream
        self._left = most_bytes

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            yield piece[: self._left]
            self._left -= len(piece)
            if self._left <= 0:
                return

    def close(self) -> None:
        """Close the stream itself."""
        self._stream.close()
