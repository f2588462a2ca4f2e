"""Check that an object read from a store can be what its key promises.

A proxy may answer for the store with a page, and a store may return a part of an object, or another
one. Neither may be cached, or served as an image that never changes.
"""

import json
import re

from app.imaging.formats.png_reader import SIGNATURE
from app.imaging.formats.xmp import read_packet
from app.models import StoredImage, object_keys

_UNSPECIFIC_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""The types of objects that were copied into the store without a type."""

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_IDENTIFIER = re.compile(rb"<dc:identifier>([^<]*)</dc:identifier>")


def problem_with(key: str, stored: StoredImage) -> str:
    """Return why the object can't be the one with this key, or "".

    Cheap: the pixels are not decoded.
    """
    folder, image_id, extension = object_keys.split_key(key)
    content_type = stored.content_type.partition(";")[0].strip().lower()
    if content_type not in _UNSPECIFIC_TYPES | {object_keys.content_type_of(key)}:
        return "the type is wrong"
    if folder == object_keys.IMAGES:
        return _problem_with_image(image_id, stored.data)
    if object_keys.is_sidecar(key):
        return _problem_with_sidecar(image_id, stored.data)
    starts = {
        "png": stored.data.startswith(SIGNATURE),
        "jpeg": stored.data.startswith(b"\xff\xd8\xff"),
        "webp": stored.data[:4] == b"RIFF" and stored.data[8:12] == b"WEBP",
    }
    return "" if starts.get(extension, stored.data) else "the content has another format"


def _problem_with_image(image_id: str, data: bytes) -> str:
    if not data.startswith(SIGNATURE):
        return "the content has another format"
    if not data.endswith(_PNG_END):
        return "the end is missing"
    # Of the provenance; an image from before there was one has no identifier.
    identifier = _IDENTIFIER.search(read_packet(data))
    if identifier and identifier[1].decode(errors="replace") != image_id:
        return "it is another image"
    return ""


def _problem_with_sidecar(image_id: str, data: bytes) -> str:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return "the content is not JSON"
    if not isinstance(document, dict) or document.get("id") != image_id:
        return "it is not the sidecar of this image"
    return ""
