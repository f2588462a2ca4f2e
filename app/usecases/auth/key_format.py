"""The text of an API key: `igk_`, a public id, a secret, and a checksum.

All parts are base62. The form and the CRC-32 (as in RFC 1952) at the end let secret scanners find
leaked keys with few false alarms, and let the service refuse most wrong texts without a lookup.
"""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "igk_"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_CHARS, _SECRET_CHARS, _SUM_CHARS = 10, 32, 6
_FORM = re.compile(
    f"{PREFIX}([0-9A-Za-z]{{{_ID_CHARS}}})_[0-9A-Za-z]{{{_SECRET_CHARS + _SUM_CHARS}}}"
)


def new_id() -> str:
    """Return a new random id, the public part of a key."""
    return _random(_ID_CHARS)


def new_text(key_id: str) -> str:
    """Return a key with this id and a new secret of 190 random bits."""
    body = f"{PREFIX}{key_id}_{_random(_SECRET_CHARS)}"
    return body + _checksum(body)


def id_in(text: str) -> str | None:
    """Return the id in a key's text, or None if its form or checksum is wrong."""
    form = _FORM.fullmatch(text)
    if form is None or _checksum(text[:-_SUM_CHARS]) != text[-_SUM_CHARS:]:
        return None
    return form[1]


def hash_of(text: str) -> str:
    """Return the hash of a key that is stored: SHA-256 in hex.

    Slow hashes protect passwords, which can be guessed; 190 random bits can't.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def _random(count: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(count))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_SUM_CHARS):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
