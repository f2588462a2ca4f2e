"""Gives every request an id that is in its answer and in every log line about it."""

import random
import re
import time
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any

from flask import Flask, Response, request

from app.http import sse
from app.http.access_log import BEGAN, OTHER, ROUTE, log_request
from app.ports import Observer

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[\w-]{1,64}", re.ASCII)
_ID = "app.request_id"  # in the environ, for who answers after the gate

_current: ContextVar[str] = ContextVar("request_id", default="-")


def register(app: Flask, observer: Observer) -> None:
    """Take over or make an id for each request, and write down how it was answered."""
    app.before_request(lambda: begin(request.environ))
    app.teardown_request(lambda _: end())

    @app.after_request
    def answered(answer: Response) -> Response:
        answer.headers[HEADER] = request_id()
        route = request.url_rule.rule if request.url_rule else OTHER
        request.environ[ROUTE] = route
        write = partial(
            log_request,
            request.environ,
            observer,
            path=request.path,
            route=route,
            status=answer.status_code,
            size=answer.content_length,
        )
        if answer.mimetype == sse.CONTENT_TYPE:  # once its end is known
            answer.call_on_close(partial(copy_context().run, write))
        else:
            write()
        return answer


def begin(environ: dict[str, Any]) -> None:
    """Give the request its id and note the time, unless it was given one already."""
    if _ID not in environ:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        environ[_ID] = given if _ACCEPTED.fullmatch(given) else _new_id()
        environ[BEGAN] = time.monotonic()
    _current.set(environ[_ID])


def end() -> None:
    """Leave the request: what this thread logs from now on is about something else."""
    _current.set("-")


def request_id() -> str:
    """Return the id of the request being answered, or `-` outside of one."""
    return _current.get()


def _new_id() -> str:
    # Nobody has to be unable to guess it, and the kernel's randomness costs a switch of threads.
    return f"{random.getrandbits(128):032x}"
