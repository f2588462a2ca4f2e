"""Bound the body of every response: its bytes, compressed or not, and its pieces.

A hook of the client replaces the stream of each response, so no reader of the SDK or of this
service gets more than the limit, or any other coding than UTF-8.
"""

from collections.abc import Iterator

import httpx2

from app.services.openai.transport import allowance
from app.services.openai.transport.allowance import Allowance
from app.services.openai.transport.decoding import UnusableBody, decode

MAX_IMAGE_RESPONSE_BYTES = 96 * 1024 * 1024
"""Of a response with an image, or with several partial ones. Its readers have a limit for each."""

MAX_TEXT_RESPONSE_BYTES = 1024 * 1024
"""Of any other response. Parsed, JSON can have twenty times its size."""

_IMAGE_PATHS = ("/images/generations", "/images/edits")

# Each piece takes the HTTP client some 20 us, however small it is.
_MAX_PIECES = 10_000
_MIN_PIECE_BYTES = 1024  # on average, beyond that number of pieces


def is_image_call(request: httpx2.Request) -> bool:
    """Return whether a request asks for an image."""
    return request.url.path.endswith(_IMAGE_PATHS)


def bound_body(response: httpx2.Response) -> None:
    """Bound the body of a response by the kind of request; an event hook of the client."""
    is_image = is_image_call(response.request) and response.status_code < 400
    limit = MAX_IMAGE_RESPONSE_BYTES if is_image else MAX_TEXT_RESPONSE_BYTES
    replace_stream(response, limit)


def replace_stream(response: httpx2.Response, max_bytes: int) -> None:
    """Bound the body of a response.

    An error's code and message are within its first bytes, so its body is cut off there instead.

    Args:
        response: a response that was not read.
        max_bytes: of the body, before and after decompression.
    """
    if not isinstance(response.stream, httpx2.SyncByteStream):
        return
    encodings = response.headers.get_list("content-encoding", split_commas=True)
    response.headers.pop("content-encoding", None)
    # Some of Python's codecs, such as punycode, take minutes for a megabyte. JSON is UTF-8.
    response.encoding = "utf-8"
    response.stream = _BoundedBody(
        response.stream,
        [name.strip().lower() for name in encodings],
        response.request.extensions.get("allowance") or Allowance(None),
        max_bytes=max_bytes,
        truncate=response.status_code >= 400,
    )


class _BoundedBody(httpx2.SyncByteStream):
    """The decompressed body of a response, up to a limit."""

    def __init__(
        self,
        stream: httpx2.SyncByteStream,
        encodings: list[str],
        exchange: Allowance,
        *,
        max_bytes: int,
        truncate: bool,
    ) -> None:
        self._stream = stream
        self._encodings = encodings
        self._exchange = exchange
        self._max_bytes = max_bytes
        self._truncate = truncate

    def __iter__(self) -> Iterator[bytes]:
        left = self._max_bytes
        for piece in decode(self._received(), self._encodings):
            if len(piece) > left and not self._truncate:
                raise UnusableBody("too large")
            yield piece[:left]
            left -= len(piece)
            if left <= 0 and self._truncate:
                return

    def _received(self) -> Iterator[bytes]:
        """Yield the body as it arrives."""
        self._exchange.begin_body(2 * self._max_bytes)
        size = count = 0
        chunks = iter(self._stream)
        while True:
            allowance.use(self._exchange)
            chunk = next(chunks, None)
            if chunk is None:
                return
            size, count = size + len(chunk), count + 1
            if size > self._max_bytes and not self._truncate:
                raise UnusableBody("too large")
            if count > _MAX_PIECES + size // _MIN_PIECE_BYTES:
                raise UnusableBody("too many pieces")
            yield chunk

    def close(self) -> None:
        """Close the underlying stream."""
        self._stream.close()
