"""Request ids, for the response and for all log lines of a request."""

import random
import re
import time
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any

from flask import Flask, Response, request

from app.http import sse
from app.http.logs.access_log import ROUTE, STARTED_AT, UNMATCHED_ROUTE, log_request
from app.ports import Observer

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[\w-]{1,64}", re.ASCII)
_ID = "app.request_id"  # key in the WSGI environment, shared with the middleware

_current: ContextVar[str] = ContextVar("request_id", default="-")


def register(app: Flask, observer: Observer) -> None:
    """Assign an id to each request and log the request after its response."""
    app.before_request(lambda: begin(request.environ))
    app.teardown_request(lambda _: end())

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        route = request.url_rule.rule if request.url_rule else UNMATCHED_ROUTE
        request.environ[ROUTE] = route
        log = partial(
            log_request,
            request.environ,
            observer,
            path=request.path,
            route=route,
            status=response.status_code,
            size=response.content_length,
        )
        if response.mimetype == sse.CONTENT_TYPE:  # its duration is known only at its end
            response.call_on_close(partial(copy_context().run, log))
        else:
            log()
        return response


def begin(environ: dict[str, Any]) -> None:
    """Assign an id and a start time to the request, unless it has them."""
    if _ID not in environ:
        client_id = environ.get("HTTP_X_REQUEST_ID", "")
        environ[_ID] = client_id if _ACCEPTED.fullmatch(client_id) else _new_id()
        environ[STARTED_AT] = time.monotonic()
    _current.set(environ[_ID])


def end() -> None:
    """Clear the current request id before the thread's next request."""
    _current.set("-")


def request_id() -> str:
    """Return the current request's id, or `-`."""
    return _current.get()


def _new_id() -> str:
    # Ids need not be unguessable, and reading randomness from the kernel releases the GIL.
    return f"{random.getrandbits(128):032x}"
