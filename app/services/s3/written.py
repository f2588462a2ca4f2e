"""Check that a written object is stored, by its length, ETag and metadata."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from app.errors import ObjectDamaged
from app.services.s3.checksums import stated_sha256

_MD5 = re.compile("[0-9a-f]{32}")
_ENCRYPTION = "x-amz-server-side-encryption"

Headers = Mapping[str, str]


def is_proven(key: str, data: bytes, *, put: Headers, head: Headers) -> bool:
    """Return whether the responses to PUT and HEAD prove that the object is stored.

    If not, it has to be read: no length, or an ETag that looks like an MD5 and is another one,
    as of stores that compute it differently.

    Args:
        key: the object's key.
        data: what was written.
        put: the headers of the response to PUT.
        head: the headers of the response to HEAD after that.

    Raises:
        ObjectDamaged: something else is stored.
    """
    sha256 = stated_sha256(key, head)
    if sha256 and sha256 != hashlib.sha256(data).hexdigest():
        if _is_replaced(put, head):
            return True
        raise ObjectDamaged("S3: an earlier object is stored")
    length = head.get("content-length")
    if length not in {None, str(len(data))}:
        raise ObjectDamaged("S3: the object is stored with another length")
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    matches = [etag == md5 for etag in (_md5_of(put), _md5_of(head)) if etag]
    return length is not None and all(matches) and bool(matches or sha256)


def _md5_of(headers: Headers) -> str:
    """Return the ETag if it is an MD5 of the content, as far as the headers show, or ""."""
    encryption = headers.get(_ENCRYPTION, "")
    if encryption.startswith("aws:kms") or f"{_ENCRYPTION}-customer-algorithm" in headers:
        return ""
    etag = headers.get("etag", "").strip('"').lower()
    return etag if _MD5.fullmatch(etag) else ""


def _is_replaced(put: Headers, head: Headers) -> bool:
    """Return whether another process wrote the object after this one."""
    written, modified = _time(put.get("date")), _time(head.get("last-modified"))
    return written is not None and modified is not None and modified >= written


def _time(date: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
