"""Find the image in a response, however a server wraps it.

The usual form, base64 in the first entry of `data`, is decoded by pydantic while it parses the
JSON, which is far faster than Python's base64. Other servers use data URIs, line breaks, the
URL-safe alphabet, other entries and fields, or an address.
"""

import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, ValidationError

BOM = b"\xef\xbb\xbf"
_LISTS = ("data", "images", "output", "result")
_FIELDS = ("b64_json", "url", "image", "image_url", "base64", "b64")
_MAX_ENTRIES = 20
_MAX_HEADER = 200  # characters of a data URI before its data
_MIN_IMAGE_BYTES = 12
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")
# A data URI, or one that lacks its scheme.
_DATA_URI = re.compile(
    r"\s*(?:data:[^,]*?(?P<whole>;base64)?|[\w.+-]+/[\w.+-]+(?P<short>;base64)),", re.IGNORECASE
)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|/|[\w.-]+/|[\w-]+\.(?:png|jpe?g|webp)\b", re.IGNORECASE)
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WHITESPACE = b" \t\r\n\f\v"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
# What remains of an image or of its cost in a body that is no JSON.
_TRACES = re.compile(
    rb'"(?:b64_json|url|image_url|base64)"\s*:\s*"[^"]'
    rb'|"(?:total|output|completion|image)_tokens"\s*:\s*[1-9]'
    rb"|image_generation\.(?:partial_image|completed)"
)


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


def read_payload(body: bytes) -> ImagePayload:
    """Read the body of a response, or the data of a stream's last event."""
    body = body.removeprefix(BOM)
    if is_image(body):  # no JSON at all, but the file
        return ImagePayload(image=body, is_charged=True)
    try:
        usual = _UsualPayload.model_validate_json(body)
    except ValidationError:
        return _read_unusual(body)
    if not is_image(usual.image):  # it can be a path, whose letters are all base64
        return _read_unusual(body)
    return ImagePayload(image=usual.image, usage=usual.usage, is_charged=True)


def has_traces(body: bytes | bytearray) -> bool:
    """Return whether a body that can't be parsed has traces of an image or of used tokens."""
    return bool(_TRACES.search(body)) or is_image(body)


def is_image(data: bytes | bytearray) -> bool:
    """Return whether a body is the file of an image, instead of JSON."""
    return len(data) >= _MIN_IMAGE_BYTES and data.startswith(_SIGNATURES)


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


def _read_unusual(body: bytes) -> ImagePayload:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ImagePayload(is_charged=has_traces(body))
    usage = document.get("usage") if isinstance(document, dict) else None
    image, addresses, is_charged = b"", [], _has_tokens(usage)
    for name, text in _texts(document):
        is_charged |= name == "b64_json" or bool(_ADDRESS.match(text))
        image = image or _image_in(name, text)
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


def _image_in(name: str, text: str) -> bytes:
    """Return the image in a text; b"" if there is none.

    Only `b64_json` is certain to be base64, unless it is a path. Other texts must decode to a known
    format.
    """
    if header := _DATA_URI.match(text, 0, _MAX_HEADER):
        is_base64 = bool(header["whole"] or header["short"])
        return _data_in(text[header.end() :], is_base64=is_base64)
    image = decode_base64(text)
    is_certain = name == "b64_json" and not text.startswith("/")
    return image if is_certain or is_image(image) else b""


def _data_in(data: str, *, is_base64: bool) -> bytes:
    """Return the data of a data URI (RFC 2397), which may be percent-encoded."""
    raw = unquote_to_bytes(data) if "%" in data else data.encode("utf-8", "replace")
    return decode_base64(raw.decode("latin-1")) if is_base64 else raw


def _has_tokens(usage: Any) -> bool:
    """Return whether any number of used tokens is above zero."""
    values = usage.values() if isinstance(usage, dict) else ()
    return any(type(value) in {int, float} and value > 0 for value in values)
