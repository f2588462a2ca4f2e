"""Whether a file brings Content Credentials along: a C2PA manifest store (C2PA 2.2, annex A.3).

Only their presence is told. Whether a signature is good, and whose it is, is for a validator.
"""

import re
import struct

_MAX_PARTS = 1000  # of a file that are looked at; real ones have some dozens
_STORE = b"jumdc2pa"  # the description of a JUMBF box, and the type of a manifest store
_MARKS = re.compile(rb"\xff+")  # a marker may begin with any number of them
_SCAN, _END, _APP11 = 0xDA, 0xD9, 0xEB


def in_jpeg(data: bytes) -> bool:
    """Look for a JUMBF box of that type in the APP11 segments before the pixels (ISO 19566-5)."""
    at = 2
    for _ in range(_MAX_PARTS):
        marks = _MARKS.match(data, at)
        if marks is None or len(data) < marks.end() + 3:
            return False
        marker, length = struct.unpack_from(">BH", data, marks.end())
        if marker in {_SCAN, _END}:
            return False
        at = marks.end() + 1
        start = data[at + 2 : at + min(length, 64)]
        if marker == _APP11 and start.startswith(b"JP") and _STORE in start:
            return True
        at += length
    return False


def in_webp(data: bytes) -> bool:
    """Look for a chunk named `C2PA` in the RIFF file."""
    at = 12
    for _ in range(_MAX_PARTS):
        if len(data) < at + 8:
            return False
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"C2PA":
            return bool(0 < length <= len(data) - at - 8)
        at += 8 + length + length % 2
    return False
