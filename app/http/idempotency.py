"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header)."""

import re

from flask import Response, request

from app.errors import InvalidRequest

HEADER = "Idempotency-Key"
_REPLAYED = "Idempotency-Replayed"
_MOST = 255
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')  # a string of RFC 9651
_ESCAPED = re.compile(r'\\(["\\])')

DESCRIBED = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Names this wish. Sent again with the same body, it is answered from the first "
    "time, and never paid for twice. Bare, or quoted as a string of RFC 9651.",
    "schema": {
        "type": "string",
        "pattern": rf'^([!-~]{{1,{_MOST}}}|"([!-\[\]-~]|\\["\\])+")$',
        "maxLength": 2 * _MOST + 2,
    },
}
"""As a parameter of OpenAPI. Quoting can make the header longer than the key."""


def read_key() -> str | None:
    """Return the key of this request, the same whether it was sent quoted or bare.

    Raises:
        InvalidRequest: it is empty, too long, or not made of visible ASCII characters.
    """
    sent = request.headers.get(HEADER)
    if sent is None:
        return None
    quoted = _QUOTED.fullmatch(sent.strip())
    key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else sent.strip()
    if not (_VISIBLE.fullmatch(key) and len(key) <= _MOST):
        problem = f"Has to be 1 to {_MOST} visible ASCII characters, with or without quotes."
        raise InvalidRequest(
            message=f"{HEADER}: {problem}", errors=[{"field": HEADER, "message": problem}]
        )
    return key


def mark_replayed(response: Response) -> None:
    """Tell that this is the answer to an earlier request."""
    response.headers[_REPLAYED] = "true"
