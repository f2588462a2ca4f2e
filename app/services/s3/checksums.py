"""Compare objects with the checksums that S3 returns with them."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping

from app.errors import ObjectDamaged

_KEY, _SHA256 = "key", "sha256"  # names of an object's own metadata
_PREFIX = "x-amz-meta-"
# Some stores keep how the body was sent as the encoding of the object.
_HARMLESS_ENCODINGS = frozenset({"", "identity", "aws-chunked"})
_CHECKSUMS: Mapping[str, Callable[[bytes], bytes]] = {
    "x-amz-checksum-crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
}


def metadata_of(key: str, data: bytes) -> dict[str, str]:
    """Return the metadata to store with an object, by which its reads are verified."""
    return {_KEY: key, _SHA256: hashlib.sha256(data).hexdigest()}


def verify(key: str, headers: Mapping[str, str], data: bytes) -> bool:
    """Compare a body with the checksums and the key in its response's headers.

    Returns:
        Whether key and SHA-256 were among them.

    Raises:
        ObjectDamaged: one of them is wrong, or the body is encoded.
    """
    if headers.get("content-encoding", "").strip().lower() not in _HARMLESS_ENCODINGS:
        raise ObjectDamaged("S3: the response is encoded")
    if not _matches_checksums(headers, data):
        raise ObjectDamaged("S3: wrong checksum")
    sha256 = stated_sha256(key, headers)
    if sha256 and sha256 != hashlib.sha256(data).hexdigest():
        raise ObjectDamaged("S3: wrong SHA-256")
    return bool(sha256)


def stated_sha256(key: str, headers: Mapping[str, str]) -> str:
    """Return the SHA-256 in an object's metadata, or "" if it has none.

    Raises:
        ObjectDamaged: the metadata are those of another object.
    """
    if headers.get(_PREFIX + _KEY, key) != key:
        raise ObjectDamaged("S3: another object")
    is_complete = _PREFIX + _KEY in headers
    return headers.get(_PREFIX + _SHA256, "").strip() if is_complete else ""


def _matches_checksums(headers: Mapping[str, str], data: bytes) -> bool:
    for name, compute in _CHECKSUMS.items():
        checksum = headers.get(name)
        # With a dash it covers the parts of a multipart upload instead of the whole object.
        if not checksum or "-" in checksum:
            continue
        if checksum != base64.b64encode(compute(data)).decode():
            return False
    return True
