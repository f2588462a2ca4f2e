"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header)."""

import re

from flask import Response, request

from app.errors import InvalidRequest

HEADER = "Idempotency-Key"
_REPLAYED = "Idempotency-Replayed"
_MAX_CHARS = 255
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')  # a string of RFC 9651
_ESCAPED = re.compile(r'\\(["\\])')

OPENAPI_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Identifies this generation. A repeated request with the same key and body "
    "returns the first result and costs nothing. The value may be quoted, as a string of RFC 9651.",
    "schema": {
        "type": "string",
        "pattern": rf'^([!-~]{{1,{_MAX_CHARS}}}|"([!-\[\]-~]|\\["\\])+")$',
        "maxLength": 2 * _MAX_CHARS + 2,
    },
}
"""The header's OpenAPI parameter object. Escapes and quotes can double the key's length."""


def read_idempotency_key() -> str | None:
    """Return the request's idempotency key without quotes, or None.

    Raises:
        InvalidRequest: the key is empty, too long, or has other than visible ASCII characters.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return None
    quoted = _QUOTED.fullmatch(header.strip())
    key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else header.strip()
    if not (_VISIBLE.fullmatch(key) and len(key) <= _MAX_CHARS):
        problem = f"Must be 1 to {_MAX_CHARS} visible ASCII characters, with or without quotes."
        raise InvalidRequest(
            message=f"{HEADER}: {problem}", errors=[{"field": HEADER, "message": problem}]
        )
    return key


def mark_replayed(response: Response) -> None:
    """Mark the response as a repetition of an earlier one."""
    response.headers[_REPLAYED] = "true"
