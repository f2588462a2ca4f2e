"""Remove the API key from whatever the provider returns.

A server, or a gateway before it, can repeat the request's headers in a response. What is kept of
a response, as evidence, in a cassette or in a record, must not contain the key.
"""

import base64
import json
import re
from functools import lru_cache
from urllib.parse import quote

_MIN_SECRET = 8  # characters; a shorter text, such as `none`, is no key
_MAX_SEARCHED = 1024 * 1024  # bytes at either end that are searched for unusual forms
_MASK = b"*"


def redact(data: bytes, secret: str) -> bytes:
    """Return data with each form of a secret replaced by as many asterisks.

    The size stays the same, so that a file around it can still be read. The secret may be plain,
    percent-encoded, escaped as in JSON, hexadecimal or in base64. In the first and last megabyte,
    each of its characters may be escaped in another way, also repeatedly.
    """
    if len(secret) < _MIN_SECRET:
        return data
    for form in _forms(secret):
        if form in data:
            data = data.replace(form, _MASK * len(form))
    if len(data) <= 2 * _MAX_SEARCHED:
        return _redact_escaped(data, secret)
    head, tail = data[:_MAX_SEARCHED], data[-_MAX_SEARCHED:]
    redacted = _redact_escaped(head, secret), _redact_escaped(tail, secret)
    if redacted == (head, tail):
        return data
    return redacted[0] + data[_MAX_SEARCHED:-_MAX_SEARCHED] + redacted[1]


def redact_text(text: str, secret: str) -> str:
    """Return a text with each form of a secret replaced."""
    return redact(text.encode(errors="replace"), secret).decode(errors="replace")


def redact_file(data: bytes, secret: str) -> bytes:
    """Return a file without the plain secret, which its metadata can contain."""
    plain = secret.encode(errors="replace")
    if len(secret) < _MIN_SECRET or plain not in data:
        return data
    return data.replace(plain, _MASK * len(plain))


def _redact_escaped(data: bytes, secret: str) -> bytes:
    return _pattern(secret).sub(lambda found: _MASK * len(found[0]), data)


@lru_cache(maxsize=8)
def _pattern(secret: str) -> re.Pattern[bytes]:
    return re.compile(b"".join(map(_any_form, secret.encode(errors="replace"))))


def _any_form(byte: int) -> bytes:
    """Return the pattern of a character, plain or escaped."""
    plain, code = re.escape(bytes([byte])), b"%02x" % byte
    return rb"(?:\\{0,3}%b|(?i:%%(?:25){0,3}%b|\\{1,4}u00%b))" % (plain, code, code)


@lru_cache(maxsize=8)
def _forms(secret: str) -> tuple[bytes, ...]:
    """Return the usual forms of a secret; those of base64 wherever it begins in encoded data."""
    plain = secret.encode(errors="replace")
    forms = {plain, quote(plain, safe="").encode(), json.dumps(secret)[1:-1].encode()}
    forms |= {plain.hex().encode(), plain.hex().upper().encode()}
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            whole = (before + len(plain)) // 3 * 3 - before
            forms.add(alphabet(bytes(before) + plain[:whole])[4 * (before > 0) :])
    return tuple(sorted(forms, key=len, reverse=True))
