"""Images with Content Credentials, where C2PA 2.2, annex A.3, places them."""

import struct
import zlib

from tests.support.images.sample_images import encoded, owl

_TYPE = b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
PLAIN = {kind: encoded(owl(64, 48), kind) for kind in ("PNG", "JPEG", "WEBP")}


def box(kind: bytes, content: bytes) -> bytes:
    """Return a JUMBF box."""
    return struct.pack(">I", 8 + len(content)) + kind + content


STORE = box(b"jumb", box(b"jumd", _TYPE + b"\x03c2pa\x00") + box(b"free", b"manifest" * 9))
"""A manifest store without a manifest in it."""


def png(name: bytes = b"caBX", content: bytes = STORE) -> bytes:
    """Return a PNG with a chunk."""
    return with_manifest(PLAIN["PNG"], name, content)


def with_manifest(file: bytes, name: bytes = b"caBX", content: bytes = STORE) -> bytes:
    """Insert the manifest after the header of any PNG."""
    chunk = name + content
    whole = struct.pack(">I", len(content)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return file[:33] + whole + file[33:]


def jpeg(
    marker: int = 0xEB, content: bytes = STORE, fill: int = 0, behind: bytes = b"\xff\xe0"
) -> bytes:
    """Return a JPEG with a segment after another: after the first, unless `behind` names one."""
    file, body = PLAIN["JPEG"], b"JP\x00\x01\x00\x00\x00\x01" + content
    at = file.index(behind) + 2
    at += int.from_bytes(file[at : at + 2])
    segment = b"\xff" * fill + struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body
    return file[:at] + segment + file[at:]


def webp(name: bytes = b"C2PA", content: bytes = STORE, before: bytes = b"") -> bytes:
    """Return an extended WEBP with a chunk at its end, and others before that."""
    size = b"".join((side - 1).to_bytes(3, "little") for side in (64, 48))
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + size
    chunk = name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    body = b"WEBP" + extended + PLAIN["WEBP"][12:] + before + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


SIGNED = {"PNG": png(), "JPEG": jpeg(), "WEBP": webp()}
