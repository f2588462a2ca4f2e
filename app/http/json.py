"""JSON by orjson: several times faster than the standard library on a page of records."""

from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider


class OrjsonProvider(JSONProvider):
    """Flask's JSON with datetimes as ISO 8601 in UTC, ending in Z."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ARG002 - reason: Flask's signature
        """Return `obj` as JSON text."""
        return _dump(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ARG002 - reason: Flask's signature
        """Return what the JSON text says."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a response with the arguments as JSON."""
        body = self._prepare_response_obj(args, kwargs)
        return Response(_dump(body), mimetype="application/json")


def _dump(obj: Any) -> bytes:
    return orjson.dumps(obj, option=orjson.OPT_UTC_Z)
