"""The HTTP side: reads a request, lets an endpoint answer it, and misbehaves on the wire."""

import json
import re
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from tests.support.fake_openai import errors, images, text
from tests.support.fake_openai.behavior import Delivery
from tests.support.fake_openai.call import Call
from tests.support.fake_openai.ledger import Ledger, Request
from tests.support.fake_openai.reply import ApiError, Reply

if TYPE_CHECKING:
    from tests.support.fake_openai.server import _Server

# Azure's addresses have the deployment in them, and its key comes in a header of its own.
_AZURE = r"/openai/deployments/[\w.-]+"
_ROUTES: tuple[tuple[str, str, Callable[[Call], Reply]], ...] = (
    (f"POST (/v1|{_AZURE})/images/generations", "images", images.generate),
    ("POST /v1/moderations", "moderations", text.moderate),
    (f"POST (/v1|{_AZURE})/chat/completions", "chat", text.chat),
    ("GET /v1/models(/[^/]+)?", "models", text.models),
    (r"GET /v1/files/\d+", "files", images.show),
)


class Handler(BaseHTTPRequestHandler):
    """Serves one connection."""

    server: "_Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Make the connection known to the server."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_: Any) -> None:
        """Say nothing: the ledger is the log."""

    def do_GET(self) -> None:
        """Answer a GET request."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a POST request."""
        self._serve()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell the time for the Date header."""
        return super().date_time_string((timestamp or time.time()) + self.server.fake.clock_ahead)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        ledger = self.server.fake.ledger
        name, endpoint = _route(f"{self.command} {self.path.partition('?')[0]}")
        headers = {key.lower(): value for key, value in self.headers.items()}
        behavior = ledger.note(Request(name, headers, _parsed(body)))
        call = Call(self.server.fake, ledger, self.path.partition("?")[0], body, behavior)
        answer = self._counted_answer if name == "images" else self._answer
        delivery = behavior.delivery if behavior else Delivery()
        self._deliver(answer(call, endpoint), delivery, ledger)

    def _counted_answer(self, call: Call, endpoint: Callable[[Call], Reply]) -> Reply:
        # The count goes down before the first byte is sent: a client that asks again at once must
        # not look like two clients.
        call.ledger.begin()
        try:
            return self._answer(call, endpoint)
        finally:
            call.ledger.end()

    def _answer(self, call: Call, endpoint: Callable[[Call], Reply]) -> Reply:
        behavior = call.behavior
        if behavior and behavior.reply:
            call.bill(1)
            reply = behavior.reply
        else:
            reply = self._normal_answer(call, endpoint)
            if behavior and behavior.rewrite and reply.status == 200:
                reply = behavior.rewrite(reply)
        if behavior and behavior.wait:
            behavior.wait(call.ledger.sleep)
        return reply

    def _normal_answer(self, call: Call, endpoint: Callable[[Call], Reply]) -> Reply:
        scheme, _, key = (self.headers.get("authorization") or "").partition(" ")
        if self.path.startswith("/openai/") and "api-version=" in self.path:
            scheme, key = "Bearer", self.headers.get("api-key") or ""
        if endpoint is not images.show and (scheme != "Bearer" or key != call.fake.api_key):
            return errors.wrong_key(key)
        try:
            return endpoint(call)
        except ApiError as refused:
            return refused.reply

    def _deliver(self, reply: Reply, delivery: Delivery, ledger: Ledger) -> None:
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
    """Wait as long as is scripted for a piece; tell whether the test still runs."""
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


def _route(asked: str) -> tuple[str, Callable[[Call], Reply]]:
    for pattern, name, endpoint in _ROUTES:
        if re.fullmatch(pattern, asked):
            return name, endpoint

    def unknown(_: Call) -> Reply:
        return errors.error(404, f"Invalid URL ({asked})")

    return "unknown", unknown


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
