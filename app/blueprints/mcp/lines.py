"""The MCP server over a pair of pipes, with one message a line ("stdio")."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from flask import current_app

from app.blueprints.mcp import jsonrpc
from app.blueprints.mcp.dispatch import may_draw, respond
from app.blueprints.mcp.jsonrpc import Message, ProtocolError
from app.blueprints.mcp.progress import Progress
from app.blueprints.mcp.tools.base import ToolContext
from app.blueprints.mcp.versions import Protocol, protocol_of_message
from app.http.body_limits import MAX_BODY_BYTES
from app.http.json_provider import loads_strict
from app.http.sse import KEEP_ALIVE_SECONDS

_MAX_CALLS = 16  # at the same time; the service limits those that draw
_CANCELLED = "notifications/cancelled"

_log = logging.getLogger(__name__)


@dataclass
class LineServer:
    """Handles the messages of one client.

    Calls that draw run side by side, in threads, so that the client can send further messages. A
    call that the client cancels has no response, but its image is stored.

    Args:
        context: who calls the tools.
        output: gets the responses, whole lines only.
    """

    context: ToolContext
    output: BinaryIO
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: set[jsonrpc.MessageId | None] = field(default_factory=set)
    _cancelled: set[jsonrpc.MessageId | None] = field(default_factory=set)

    def run(self, source: BinaryIO) -> None:
        """Handle messages until the input ends, and finish the calls that are running."""
        with _Pools() as pools:
            while line := source.readline(MAX_BODY_BYTES + 1):
                if len(line) > MAX_BODY_BYTES and not line.endswith(b"\n"):
                    _skip_line(source)
                    self._refuse(None, ProtocolError(jsonrpc.INVALID_MESSAGE, "Too large"))
                elif line.strip():
                    self._handle(line, pools)

    def _handle(self, line: bytes, pools: "_Pools") -> None:
        value: object = None
        try:
            value = loads_strict(line)
            message = jsonrpc.read_message(value)
            protocol = protocol_of_message(message)
        except ValueError:
            self._refuse(None, ProtocolError(jsonrpc.PARSE_ERROR, "Parse error"))
        except ProtocolError as error:
            self._refuse(jsonrpc.id_of(value), error)
        else:
            self._begin(message, protocol, pools)

    def _begin(self, message: Message, protocol: Protocol, pools: "_Pools") -> None:
        if message.method == _CANCELLED:
            self._cancel(message.params.get("requestId"))
        elif message.needs_response and may_draw(message):
            self._running.add(message.id)
            run = copy_context().run
            pools.waiting.submit(run, self._draw, message, protocol, pools)
        elif message.needs_response:
            self._answer(message, lambda: respond(message, protocol, self.context))

    def _draw(self, message: Message, protocol: Protocol, pools: "_Pools") -> None:
        """Handle a request that may take minutes, and report its progress."""
        progress = Progress(message)

        def put(text: str = "") -> None:
            if message.id not in self._cancelled:
                self._write(progress.notification(text))

        context = replace(self.context, listener=progress.listener(put))
        run = copy_context().run
        drawing = pools.drawing.submit
        result: Future[dict[str, Any]] = drawing(run, respond, message, protocol, context)
        while not wait([result], timeout=KEEP_ALIVE_SECONDS).done:
            if progress.is_wanted:
                put()
        self._answer(message, result.result)

    def _answer(self, message: Message, result: Callable[[], dict[str, Any]]) -> None:
        try:
            response = jsonrpc.result_of(message, result())
        except ProtocolError as error:
            response = jsonrpc.error_of(message.id, error)
        except Exception:  # noqa: BLE001 - reason: the client waits for a response
            _log.exception("a request of an MCP client failed")
            unexpected = ProtocolError(jsonrpc.INTERNAL_ERROR, "Internal error")
            response = jsonrpc.error_of(message.id, unexpected)
        self._running.discard(message.id)
        if message.id in self._cancelled:
            self._cancelled.discard(message.id)
        else:
            self._write(response)

    def _cancel(self, message_id: object) -> None:
        if isinstance(message_id, str | int) and message_id in self._running:
            self._cancelled.add(message_id)

    def _refuse(self, message_id: jsonrpc.MessageId | None, error: ProtocolError) -> None:
        self._write(jsonrpc.error_of(message_id, error))

    def _write(self, message: dict[str, object]) -> None:
        """Send a message; to a client that has left, nothing is sent."""
        line = current_app.json.dumps(message).encode() + b"\n"
        with self._lock:
            try:
                self.output.write(line)
                self.output.flush()
            except (BrokenPipeError, ValueError):
                _log.info("the MCP client has left")


class _Pools(ExitStack):
    """Threads that draw, and as many that wait for one of them each."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = self.enter_context(ThreadPoolExecutor(_MAX_CALLS, "waiting"))
        self.drawing = self.enter_context(ThreadPoolExecutor(_MAX_CALLS, "drawing"))


def _skip_line(source: BinaryIO) -> None:
    """Read to the end of a line, whatever its length."""
    while (part := source.readline(MAX_BODY_BYTES)) and not part.endswith(b"\n"):
        pass
