"""Responses to rejected requests, over a socket."""

import json
import socket
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from gunicorn.http.errors import InvalidHeader, LimitRequestHeaders, LimitRequestLine

from app.errors import RequestTimeout, RequestTooLarge, ServiceBusy, Unauthorized
from app.http import cors
from app.server.error_responses import ErrorSender
from tests.support.tables import each_row

ORIGIN = "https://app.example.com"
Send = Callable[..., tuple[int, dict[str, str], Any]]


def sender(*origins: str) -> Send:
    """Return a function that sends an error for a request to a server with CORS origins."""
    app = Flask(__name__)
    cors.register(app, origins=list(origins))
    send_error = ErrorSender(cors.headers_of(app))

    def send(error: BaseException, *, request: Any = None, received: bytes = b"") -> Any:
        client, server = socket.socketpair()
        with client, server:
            send_error(request, server, ("127.0.0.1", 1), error, received)
            response = HTTPResponse(client)
            response.begin()
            return response.status, dict(response.getheaders()), json.loads(response.read())

    return send


@each_row(
    "error, status",
    [
        (RequestTooLarge(), 413),
        (LimitRequestLine(5000, 4096), 414),
        (LimitRequestHeaders("too many"), 431),
        (RequestTimeout(), 408),
        (InvalidHeader("x"), 400),
        (ServiceBusy(), 503),
        (ValueError("a bug"), 500),
    ],
)
def test_every_rejection_can_be_read_by_a_page(error: BaseException, status: int) -> None:
    """It has CORS headers, a date, and the other headers of an error."""
    found, headers, body = sender("*")(error)
    assert (found, body["status"]) == (status, "error")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Request-ID" in headers["Access-Control-Expose-Headers"]
    assert headers["X-Request-ID"] == body["request_id"]
    assert parsedate_to_datetime(headers["Date"]).tzinfo
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert ("Retry-After" in headers) == (status == 503)
    assert "Vary" not in headers


@each_row(
    "target, is_openai",
    [
        (b"/v1/images/edits", True),
        (b"/v1/images/edits?a=b", True),
        (b"/images", False),
        (b"/images?/v1/images/edits", False),
    ],
)
def test_rejections_have_the_form_of_their_api(target: bytes, is_openai: bool) -> None:
    """A request of which only the head was received gets the error of the API that it is for."""
    head = b"POST " + target + b" HTTP/1.1\r\nHost: x\r\n"
    status, _, body = sender()(Unauthorized(), received=head)
    assert status == 401
    assert ("error" in body) == is_openai


_HEAD = b"GET /images HTTP/1.1\r\nHost: x\r\n"


@each_row(
    "received, allowed",
    [
        (_HEAD + b"Origin: https://app.example.com\r\n\r\n", True),
        (_HEAD + b"oRIGIN:https://app.example.com \r\nX: " + b"x" * 9000, True),
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nOrigin: https://app.example.com\r\n", True),
        (_HEAD + b"Origin: https://evil.example\r\n\r\n", False),
        (_HEAD + b"Origin: https://app.example.com.evil.example\r\n\r\n", False),
        (_HEAD + b"Origin: https://app.example.com", False),  # perhaps not all of it
        (_HEAD + b"Origin: https://app.example.com x\r\n\r\n", False),
        (_HEAD + b"X-Origin: https://app.example.com\r\n\r\n", False),
        (_HEAD + b"\r\nOrigin: https://app.example.com\r\n\r\n", False),  # a body
        (_HEAD + b"Origin: \xff\r\n\r\n", False),
        (_HEAD, False),
        (b"", False),
    ],
)
def test_only_configured_origins_can_read_rejections(received: bytes, allowed: bool) -> None:
    """The origin is read from what was received of the head, and compared as usual."""
    _, headers, _ = sender(ORIGIN, "https://example.com")(RequestTooLarge(), received=received)
    assert headers.get("Access-Control-Allow-Origin") == (ORIGIN if allowed else None)
    assert headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", [ORIGIN, "https://evil.example"])
def test_origin_of_a_parsed_request_is_used(origin: str) -> None:
    """Other workers of gunicorn pass the request instead of its bytes."""
    request = SimpleNamespace(headers=[("HOST", "x"), ("ORIGIN", origin)])
    _, headers, _ = sender(ORIGIN)(ValueError(), request=request)
    assert (headers.get("Access-Control-Allow-Origin") == origin) == (origin == ORIGIN)


def test_a_client_that_left_is_no_error() -> None:
    """A closed connection raises nothing."""
    app = Flask(__name__)
    cors.register(app, origins=["*"])
    client, server = socket.socketpair()
    client.close()
    with server:
        ErrorSender(cors.headers_of(app))(None, server, None, RequestTooLarge())
