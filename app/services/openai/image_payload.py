"""Find the image in a response, however a server wraps it.

The usual form, base64 in the first entry of `data`, is decoded by pydantic while it parses the
JSON, which is far faster than Python's base64. Other servers use data URIs, line breaks, the
URL-safe alphabet, other entries and fields, or an address.
"""

import binascii
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, ValidationError

from app.services.openai.body_buffer import Body, has_traces, is_image
from app.services.openai.large_text import PIECE_BYTES, LargeText

_LISTS = ("data", "images", "output", "result")
_FIELDS = ("b64_json", "url", "image", "image_url", "base64", "b64")
_MAX_ENTRIES = 20
_MAX_HEADER = 200  # characters of a data URI before its data
# A data URI, or one that lacks its scheme.
_DATA_URI = re.compile(
    r"\s*(?:data:[^,]*?(?P<whole>;base64)?|[\w.+-]+/[\w.+-]+(?P<short>;base64)),", re.IGNORECASE
)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|/|[\w.-]+/|[\w-]+\.(?:png|jpe?g|webp)\b", re.IGNORECASE)
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WHITESPACE = b" \t\r\n\f\v"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


class _UsualPayload(BaseModel):
    """The image where OpenAI puts it, in a response or in the last event of a stream."""

    model_config = ConfigDict(val_json_bytes="base64")

    image: bytes = Field(
        validation_alias=AliasChoices(AliasPath("data", 0, "b64_json"), "b64_json"), min_length=1
    )
    usage: Any = None


@dataclass(frozen=True, slots=True)
class ImagePayload:
    """What a response contains.

    Attributes:
        image: the bytes of the image; empty if there are none.
        addresses: where the image can be fetched, as the server wrote it.
        usage: the tokens that were used, as the server wrote them.
        is_charged: whether the response has an image or used tokens, even unusable ones.
        document: the parsed JSON, unless the image was found at its usual place.
    """

    image: bytes = b""
    addresses: tuple[str, ...] = ()
    usage: Any = None
    is_charged: bool = False
    document: Any = field(default=None, repr=False)


def read_payload(body: Body) -> ImagePayload:
    """Read the body of a response, or the data of a stream's last event."""
    if body.is_image:  # no JSON at all, but the file
        return ImagePayload(image=body.text, is_charged=True)
    if body.large:
        return _read_unusual(body)
    try:
        usual = _UsualPayload.model_validate_json(body.text)
    except ValidationError:
        return _read_unusual(body)
    if not is_image(usual.image):  # it can be a path, whose letters are all base64
        return _read_unusual(body)
    return ImagePayload(image=usual.image, usage=usual.usage, is_charged=True)


def decode_base64(text: str) -> bytes:
    """Decode base64 with line breaks, in either alphabet, with or without padding.

    Returns b"" if it is none.
    """
    raw = text.encode("utf-8", "replace").translate(_TO_STANDARD, _WHITESPACE)
    if not _BASE64.fullmatch(raw):
        return b""
    raw = raw.rstrip(b"=")
    try:
        return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return b""


def _read_unusual(body: Body) -> ImagePayload:
    try:
        document = json.loads(body.text)
    except (ValueError, RecursionError):
        return ImagePayload(is_charged=has_traces(body.text))
    usage = document.get("usage") if isinstance(document, dict) else None
    image, addresses, is_charged = b"", [], _has_tokens(usage)
    for name, text in _texts(document):
        is_charged |= name == "b64_json" or bool(_ADDRESS.match(text))
        image = image or _image_in(name, text, body.large)
        if not image and _ADDRESS.match(text) and not _DATA_URI.match(text, 0, _MAX_HEADER):
            addresses.append(text)
    return ImagePayload(
        image=image,
        addresses=tuple(addresses),
        usage=usage,
        is_charged=is_charged or bool(image),
        document=document,
    )


def _texts(document: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts in which an image can be, with the name of their field."""
    for entry in _entries(document):
        if isinstance(entry, str):
            yield "", entry
        elif isinstance(entry, dict):
            for name in _FIELDS:
                value = entry.get(name)
                value = value.get("url") if isinstance(value, dict) else value
                if isinstance(value, str) and value:
                    yield name, value


def _entries(document: Any) -> Iterator[Any]:
    """Yield the parts of a document that can be an image."""
    if isinstance(document, list):
        yield from document[:_MAX_ENTRIES]
    if not isinstance(document, dict):
        return
    for name in _LISTS:
        inner = document.get(name)
        if isinstance(inner, list):
            yield from inner[:_MAX_ENTRIES]
        elif inner:
            yield inner
    yield document


def _image_in(name: str, text: str, large: Iterable[LargeText]) -> bytes:
    """Return the image in a text; b"" if there is none.

    Only `b64_json` is certain to be base64, unless it is a path. Other texts must decode to a known
    format.
    """
    header = _DATA_URI.match(text, 0, _MAX_HEADER)
    decoded = next((each for each in large if text.endswith(each.placeholder)), None)
    if decoded is not None:
        image = decoded.file() if decoded.valid else b""
    elif header:
        is_base64 = bool(header["whole"] or header["short"])
        return _data_in(text[header.end() :], is_base64=is_base64)
    else:
        image = decode_base64(text)
    is_certain = name == "b64_json" and not text.startswith("/")
    return image if is_certain or is_image(image) else b""


def _data_in(data: str, *, is_base64: bool) -> bytes:
    """Return the data of a data URI (RFC 2397), which may be percent-encoded."""
    raw = _unquoted(data) if "%" in data else data.encode("utf-8", "replace")
    return decode_base64(raw.decode("latin-1")) if is_base64 else raw


def _unquoted(data: str) -> bytes:
    """Decode percent-encoding piece by piece, because the library keeps each byte as an object."""
    raw, start = io.BytesIO(), 0
    while start < len(data):
        end = start + PIECE_BYTES
        cut = data.rfind("%", end - 2, end) if end < len(data) else -1
        end = end if cut < 0 else cut
        raw.write(unquote_to_bytes(data[start:end]))
        start = end
    return raw.getvalue()


def _has_tokens(usage: Any) -> bool:
    """Return whether any number of used tokens is above zero."""
    values = usage.values() if isinstance(usage, dict) else ()
    return any(type(value) in {int, float} and value > 0 for value in values)
