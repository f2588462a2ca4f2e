"""The HTTP side of the fake: routes requests, and sends responses with scripted faults."""

import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from tests.support.fake_openai import errors, images, multipart, text
from tests.support.fake_openai.behavior import Behavior, Delivery
from tests.support.fake_openai.ledger import Ledger, Request
from tests.support.fake_openai.reply import ApiError, Json, Reply

if TYPE_CHECKING:
    from tests.support.fake_openai.server import FakeOpenAI, _Server


@dataclass(frozen=True)
class Call:
    """A request that is being handled, with its ledger and its scripted behavior."""

    fake: "FakeOpenAI"
    ledger: Ledger
    path: str
    body: bytes
    content_type: str
    behavior: Behavior | None

    def json_body(self) -> Json:
        """Return the body as a JSON object.

        Raises:
            ApiError: it is none.
        """
        try:
            document = json.loads(self.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ApiError(errors.error(400, "We could not parse the JSON body of your request."))
        return document

    def form(self) -> tuple[Json, tuple[multipart.UploadedFile, ...]]:
        """Return the fields and files of a multipart body.

        Raises:
            ApiError: it is none.
        """
        if not multipart.is_multipart(self.content_type):
            raise ApiError(errors.error(415, "Unsupported content type.", "unsupported_type"))
        fields, files = multipart.parse(self.content_type, self.body)
        return multipart.typed(fields), files

    def charge(self, generations: int) -> None:
        """Charge generations, unless the scripted behavior is free."""
        if self.behavior is None or self.behavior.paid:
            is_form = multipart.is_multipart(self.content_type)
            body = self.form()[0] if is_form else self.json_body()
            self.ledger.charge(generations, str(body.get("prompt")))


# Azure's paths contain the deployment, and its API key has a header of its own.
_AZURE = r"/openai/deployments/[\w.-]+"
_ROUTES: tuple[tuple[str, str, Callable[[Call], Reply]], ...] = (
    (f"POST (/v1|{_AZURE})/images/generations", "images", images.generate),
    (f"POST (/v1|{_AZURE})/images/edits", "edits", images.edit),
    ("POST /v1/moderations", "moderations", text.moderate),
    (f"POST (/v1|{_AZURE})/chat/completions", "chat", text.chat),
    ("GET (/v1|/openai)/models(/[^/]+)?", "models", text.models),
    (r"GET /v1/files/\d+", "files", images.show),
)


class Handler(BaseHTTPRequestHandler):
    """Handles the requests of a connection."""

    server: "_Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Register the connection at the server."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """Unregister the connection."""
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_: Any) -> None:
        """Log nothing, because the ledger has all requests."""

    def do_GET(self) -> None:
        """Handle a GET request."""
        self._serve()

    def do_POST(self) -> None:
        """Handle a POST request."""
        self._serve()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the Date header, by the fake's clock."""
        return super().date_time_string((timestamp or time.time()) + self.server.fake.clock_ahead)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        ledger = self.server.fake.ledger
        name, endpoint = _route(f"{self.command} {self.path.partition('?')[0]}")
        headers = {key.lower(): value for key, value in self.headers.items()}
        content_type = headers.get("content-type", "")
        fields, files = _parsed(content_type, body)
        behavior = ledger.add(Request(name, headers, fields, files))
        path = self.path.partition("?")[0]
        call = Call(self.server.fake, ledger, path, body, content_type, behavior)
        respond = self._counted_response if name in {"images", "edits"} else self._response
        delivery = behavior.delivery if behavior else Delivery()
        self._send(respond(call, endpoint), delivery, ledger)

    def _counted_response(self, call: Call, endpoint: Callable[[Call], Reply]) -> Reply:
        # Counted down before the first byte is sent, because a client that sends its next request
        # immediately must not count twice.
        call.ledger.begin()
        try:
            return self._response(call, endpoint)
        finally:
            call.ledger.end()

    def _response(self, call: Call, endpoint: Callable[[Call], Reply]) -> Reply:
        behavior = call.behavior
        if behavior and behavior.reply:
            call.charge(1)
            reply = behavior.reply
        else:
            reply = self._normal_response(call, endpoint)
            if behavior and behavior.rewrite and reply.status == 200:
                reply = behavior.rewrite(reply)
        if behavior and behavior.wait:
            behavior.wait(call.ledger.sleep)
        return reply

    def _normal_response(self, call: Call, endpoint: Callable[[Call], Reply]) -> Reply:
        scheme, _, key = (self.headers.get("authorization") or "").partition(" ")
        if "/openai/" in self.path and "api-version=" in self.path:
            scheme, key = "Bearer", self.headers.get("api-key") or ""
        if endpoint is not images.show and (scheme != "Bearer" or key != call.fake.api_key):
            return errors.wrong_key(key)
        try:
            return endpoint(call)
        except ApiError as error:
            return error.reply

    def _send(self, reply: Reply, delivery: Delivery, ledger: Ledger) -> None:
        if delivery.drop:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("content-type", reply.content_type)
        self.send_header("content-length", str(len(reply.body)))
        self.send_header("x-request-id", f"req_{uuid.uuid4().hex}")
        self.send_header("openai-processing-ms", "42")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if delivery.cut_after is not None:
            self.close_connection = True
            self.wfile.write(reply.body[: delivery.cut_after])
            return
        pieces = _pieces(reply.body, delivery)
        for left, piece in zip(range(len(pieces), 0, -1), pieces, strict=True):
            if not _waited(delivery, ledger, is_last=left == 1):
                self.close_connection = True
                return
            self.wfile.write(piece)


def _waited(delivery: Delivery, ledger: Ledger, *, is_last: bool) -> bool:
    """Wait before a piece as scripted. Return False if the test has ended."""
    if delivery.pause and ledger.sleep(delivery.pause):
        return False
    while is_last and delivery.last_at and not delivery.last_at.is_set():
        if ledger.sleep(0.01):
            return False
    return True


def _pieces(body: bytes, delivery: Delivery) -> list[bytes]:
    if delivery.by_event:
        return re.findall(rb".+?\n\n", body, re.DOTALL)
    size = delivery.chunk or len(body) or 1
    return [body[start : start + size] for start in range(0, len(body), size)]


def _route(request: str) -> tuple[str, Callable[[Call], Reply]]:
    for pattern, name, endpoint in _ROUTES:
        if re.fullmatch(pattern, request):
            return name, endpoint

    def unknown(_: Call) -> Reply:
        return errors.error(404, f"Invalid URL ({request})")

    return "unknown", unknown


def _parsed(content_type: str, body: bytes) -> tuple[Any, tuple[multipart.UploadedFile, ...]]:
    if multipart.is_multipart(content_type):
        return multipart.parse(content_type, body)
    try:
        return json.loads(body), ()
    except ValueError:
        return None, ()
