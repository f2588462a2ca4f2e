"""The binary form of an image in a shared cache, with a checksum."""

import hashlib
import struct
from datetime import UTC, datetime

from app.models import StoredImage

# The SHA-256 of the label and all that follows, the time in seconds, the length of the type.
_HEADER = struct.Struct(">32sqB")


def pack(label: bytes, image: StoredImage) -> bytes:
    """Return the image as bytes that are valid only under this label."""
    kind = image.content_type.encode()
    seconds = int(image.modified.timestamp())
    digest = _digest(label, seconds, kind, image.data)
    return b"".join((_HEADER.pack(digest, seconds, len(kind)), kind, image.data))


def unpack(label: bytes, value: bytes) -> StoredImage | None:
    """Return the image, or None if `pack` did not make it for this label."""
    if len(value) < _HEADER.size:
        return None
    digest, seconds, length = _HEADER.unpack_from(value)
    kind, data = value[_HEADER.size :][:length], value[_HEADER.size + length :]
    if digest != _digest(label, seconds, kind, data):
        return None
    return StoredImage(
        data=data,
        content_type=kind.decode(),
        modified=datetime.fromtimestamp(seconds, UTC),
    )


def _digest(label: bytes, seconds: int, kind: bytes, data: bytes) -> bytes:
    head = struct.pack(">IqB", len(label), seconds, len(kind))
    digest = hashlib.sha256(head + label + kind)
    digest.update(data)
    return digest.digest()
