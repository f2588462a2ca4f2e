"""Collect a response with an image as it arrives, within bounds of memory and time.

An image has few values around one large text. Anything else is refused while it is read: JSON
with millions of small values takes twenty times its size in memory when parsed.
"""

import io
import re
from dataclasses import dataclass, field

from app.errors import Charged, ProviderBadResponse
from app.services.openai.large_text import LargeText

BOM = b"\xef\xbb\xbf"
_MIN_IMAGE_BYTES = 12
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")

_MAX_VALUES = 1000
"""Maximum number of commas and of opening brackets. Base64 contains none, and all other fields a
few dozen."""

_MAX_STREAM_VALUES = 50_000  # in all events of a stream
_MAX_LINES = 20_000
_MAX_TEXT_BYTES = 8 * 1024 * 1024  # of JSON in memory; processing it may take five times as much
_SLACK_BYTES = 1024 * 1024  # behind a text whose end came with its last part
_MAX_UNUSABLE_BYTES = 8 * 1024 * 1024  # of a large text that is no base64
_MIN_LARGE_BYTES = 64 * 1024
_DATA_URI_START = re.compile(rb"\s*(?:data:)?[\w.+/=;-]{1,200},", re.IGNORECASE)
# What remains of an image or of its cost in a body that is no JSON.
_TRACES = re.compile(
    rb'"(?:b64_json|url|image_url|base64)"\s*:\s*"[^"]'
    rb'|"(?:total|output|completion|image)_tokens"\s*:\s*[1-9]'
    rb"|image_generation\.(?:partial_image|completed)"
)


@dataclass
class Body:
    """A response, or one event of a stream.

    Attributes:
        text: JSON, with placeholders for large texts; or the file of an image.
        large: the large texts.
    """

    text: bytes
    large: list[LargeText] = field(default_factory=list)

    def evidence(self) -> bytes:
        """Return what was received; a large text is decoded and comes first."""
        return self.large[0].evidence(self.text) if self.large else self.text

    @property
    def is_image(self) -> bool:
        """Whether the response is the file of an image, instead of JSON."""
        return is_image(self.text)


def is_image(data: bytes | bytearray) -> bool:
    """Return whether a body is the file of an image, instead of JSON."""
    return len(data) >= _MIN_IMAGE_BYTES and data.startswith(_SIGNATURES)


def has_traces(body: bytes | bytearray) -> bool:
    """Return whether a body that can't be parsed has traces of an image or of used tokens."""
    return bool(_TRACES.search(body)) or is_image(body)


def charge_of(body: bytes | bytearray) -> Charged:
    """Return whether a response that can't be used was charged for.

    It certainly was if it has an image or used tokens; nothing else in it proves the opposite.
    """
    return Charged.YES if has_traces(body) else Charged.UNKNOWN


class BodyBuffer:
    """Collects the parts of a body.

    Args:
        max_bytes: of the body, or of each event.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = self._values = self._all_values = self._lines = 0
        self._is_json: bool | None = None
        self._large: list[LargeText] = []
        self._open: LargeText | None = None
        self._file: io.BytesIO | None = None
        self.text = bytearray()

    @property
    def is_inside_large_text(self) -> bool:
        """Whether the next bytes belong to a large text."""
        return self._open is not None

    def add(self, chunk: bytes) -> None:
        """Add the next part.

        Raises:
            ProviderBadResponse: a bound is exceeded. The beginning is the evidence.
        """
        self._size += len(chunk)
        if self._file is not None:
            self._file.write(chunk)
        elif self._open is not None:
            self._add_to_large(self._open, chunk)
        else:
            self._add_text(chunk)
        if self._size > self._max_bytes:
            raise self._refused("too large")

    def take(self, end: int) -> Body:
        """Remove the first bytes of the text, with the large texts in it: one event."""
        taken = Body(bytes(self.text[:end]), self._large)
        del self.text[:end]
        self._large, self._size = [], len(self.text)
        self._values -= _values_in(taken.text)
        return taken

    def finish(self) -> Body:
        """Return the whole body."""
        if self._file is not None:
            return Body(self._file.getvalue())
        if self._open is not None:
            self._open.close()
        return Body(bytes(self.text), self._large)

    def _add_text(self, chunk: bytes) -> None:
        if not self.text:
            chunk = chunk.removeprefix(BOM)
        self.text += chunk
        if self._is_json is None and len(self.text) >= _MIN_IMAGE_BYTES:
            self._is_json = not is_image(self.text)
        if self._is_json is False:
            self._file = io.BytesIO()
            self._file.write(self.text)
            return
        values = _values_in(chunk)
        self._values, self._all_values = self._values + values, self._all_values + values
        self._lines += chunk.count(b"\n") + chunk.count(b"\r")
        if self._values > _MAX_VALUES or self._all_values > _MAX_STREAM_VALUES:
            raise self._refused("too many values")
        if self._lines > _MAX_LINES:
            raise self._refused("too many lines")
        if len(self.text) > _MAX_TEXT_BYTES:
            self._open_large()

    def _open_large(self) -> None:
        """Decode the text at the end from now on, if it is large."""
        start = self.text.rfind(b'"') + 1
        if header := _DATA_URI_START.match(self.text, start, start + 256):
            start = header.end()
        if len(self.text) - start < _MIN_LARGE_BYTES:
            if len(self.text) > _MAX_TEXT_BYTES + _SLACK_BYTES:
                raise self._refused("too much text")
            return
        self._open = LargeText()
        self._large.append(self._open)
        self._open.feed(bytes(memoryview(self.text)[start:]))
        del self.text[start:]
        self.text += self._open.placeholder.encode()

    def _add_to_large(self, large: LargeText, chunk: bytes) -> None:
        end = chunk.find(b'"')
        large.feed(chunk if end < 0 else chunk[:end])
        if not large.valid and large.size > _MAX_UNUSABLE_BYTES:
            raise self._refused("no base64")
        if end >= 0:
            large.close()
            self._open = None
            self._add_text(chunk[end:])

    def _refused(self, problem: str) -> ProviderBadResponse:
        body = self.finish()
        charged = charge_of(body.text)
        return ProviderBadResponse(problem, evidence=body.evidence(), charged=charged)


def _values_in(data: bytes | bytearray) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")
