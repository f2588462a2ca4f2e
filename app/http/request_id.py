"""Gives every request an id that is in its answer and in every log line about it."""

import logging
import re
import time
import uuid

from flask import Flask, Response, g, has_request_context, request

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[\w-]{1,64}", re.ASCII)

_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Take over or make an id for each request, and log one line about it."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex
        g.began = time.monotonic()

    @app.after_request
    def end(answer: Response) -> Response:
        answer.headers[HEADER] = request_id()
        spent = 1000 * (time.monotonic() - g.get("began", time.monotonic()))
        _log.info("%s %s %d %.0f ms", request.method, request.path, answer.status_code, spent)
        return answer


def request_id() -> str:
    """Return the id of the request being answered, or `-` outside of one."""
    return str(g.get("request_id", "-")) if has_request_context() else "-"
