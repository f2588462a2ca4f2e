"""Detect Content Credentials: a C2PA manifest store (C2PA 2.2, annex A.3).

Only their presence is reported. Verifying a signature is the job of a validator.
"""

import re
import struct

_MAX_SEGMENTS = 1000  # examined in one file; real files have a few dozen
_MANIFEST_STORE = b"jumdc2pa"  # a JUMBF description box and the type of a manifest store
_MARKER_PREFIX = re.compile(rb"\xff+")  # a marker may be preceded by any number of fill bytes
_SOS, _EOI, _APP11 = 0xDA, 0xD9, 0xEB


def jpeg_has_manifest(data: bytes) -> bool:
    """Find a manifest store in a JPEG's APP11 segments (ISO 19566-5).

    Only segments before the first scan are examined.
    """
    offset = 2
    for _ in range(_MAX_SEGMENTS):
        prefix = _MARKER_PREFIX.match(data, offset)
        if prefix is None or len(data) < prefix.end() + 3:
            return False
        marker, length = struct.unpack_from(">BH", data, prefix.end())
        if marker in {_SOS, _EOI}:
            return False
        offset = prefix.end() + 1
        start = data[offset + 2 : offset + min(length, 64)]
        if marker == _APP11 and start.startswith(b"JP") and _MANIFEST_STORE in start:
            return True
        offset += length
    return False


def webp_has_manifest(data: bytes) -> bool:
    """Find a non-empty `C2PA` chunk in a WEBP's RIFF container."""
    offset = 12
    for _ in range(_MAX_SEGMENTS):
        if len(data) < offset + 8:
            return False
        name, length = struct.unpack_from("<4sI", data, offset)
        if name == b"C2PA":
            return bool(0 < length <= len(data) - offset - 8)
        offset += 8 + length + length % 2
    return False
