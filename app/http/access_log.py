"""What is written down about each answered request: one log line, and its numbers."""

import logging
import time
from typing import Any

from app.http.auth import caller
from app.ports import Observer

OTHER = "other"
"""The route of requests that no rule takes: their paths are no labels, as anyone makes them up."""

BEGAN = "app.began"  # in the environ
ROUTE = "app.route"  # in the environ, for traces
_LINE = "%s %s %d %.0f ms"

_log = logging.getLogger(__name__)


def log_request(
    environ: dict[str, Any],
    observer: Observer,
    *,
    path: str,
    route: str,
    status: int,
    size: int | None,
) -> None:
    """Log the one line about a request, and let the observer know.

    Args:
        environ: of the request; the time of its arrival stands in it.
        observer: counts it.
        path: as it is shown; without the query, which may hold a signature.
        route: the rule that matched, or OTHER.
        status: of the answer.
        size: of the answer's body in bytes; None if nobody knows.
    """
    now = time.monotonic()
    seconds, method = now - environ.get(BEGAN, now), environ["REQUEST_METHOD"]
    environ[ROUTE] = route
    observer.request(method=method, route=route, status=status, seconds=seconds)
    if _log.isEnabledFor(logging.INFO):
        # Not by `_log.info`: to look for the line that calls it takes a third of the whole time.
        about = (method, path, status, 1000 * seconds)
        record = _log.makeRecord(_log.name, logging.INFO, "", 0, _LINE, about, None)
        record.fields = {
            "event": "request",
            "method": method,
            "path": path,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
            "bytes": size,
            "caller": caller().id or None,
        }
        _log.handle(record)
