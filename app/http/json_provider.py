"""Flask's JSON provider on orjson.

It is several times faster than the standard library on a page of records.
"""

import json
from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

_MAX_DEPTH = 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def loads_strict(text: bytes) -> Any:
    """Parse JSON in UTF-8, rejecting what parsers interpret differently.

    RFC 8259 (section 4) does not define the value of a duplicate key. orjson takes the last value,
    but a proxy that filters requests may have checked the first, so duplicate keys are rejected.
    A byte order mark before the text is skipped, as section 8.1 permits.

    Raises:
        ValueError: the text is not JSON (RFC 8259), has a duplicate key, or is nested deeper than
            16 levels.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    value = orjson.loads(text)
    if not _is_within_depth(value, _MAX_DEPTH):
        raise ValueError("nested too deeply")
    _DUPLICATE_KEY_CHECK.decode(text.decode())
    return value


def _is_within_depth(value: object, depth: int) -> bool:
    """Return whether lists and objects are nested at most `depth` levels deep."""
    if not isinstance(value, list | dict):
        return True
    items = value if isinstance(value, list) else value.values()
    return depth > 0 and all(_is_within_depth(item, depth - 1) for item in items)


def _reject_duplicate_keys(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("duplicate key")


_DUPLICATE_KEY_CHECK = json.JSONDecoder(object_pairs_hook=_reject_duplicate_keys, parse_int=float)


class OrjsonProvider(JSONProvider):
    """Flask's JSON provider, with datetimes as ISO 8601 in UTC, ending in Z."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ARG002 - reason: Flask's signature
        """Serialize an object to JSON text."""
        return _dump(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ARG002 - reason: Flask's signature
        """Parse JSON text."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a response with the arguments as its JSON body."""
        body = self._prepare_response_obj(args, kwargs)
        return Response(_dump(body), mimetype="application/json")


def _dump(obj: Any) -> bytes:
    return orjson.dumps(obj, option=orjson.OPT_UTC_Z)
