"""Responses to requests that draw: JSON, or a stream of events if it takes longer."""

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from flask import Response, current_app, jsonify

from app.blueprints.mcp import jsonrpc
from app.blueprints.mcp.jsonrpc import Message, ProtocolError
from app.blueprints.mcp.progress import Progress
from app.http import sse
from app.http.sse import EventQueue, ServerSentEvent
from app.usecases.generation.progress import ProgressListener

Respond = Callable[[ProgressListener], dict[str, Any]]
"""Returns the result of a request, and reports its progress."""

_EVENT = "message"
_log = logging.getLogger(__name__)


def stream(message: Message, respond: Respond) -> Response:
    """Return the response to a request that may take minutes.

    It is a stream if the client asks for progress, or if the result is not there within ten
    seconds, as proxies close connections that are silent. What is drawn is stored, even if the
    client leaves.

    Raises:
        ProtocolError: the request is wrong.
    """
    streamed = _Streamed(message, respond)
    run = copy_context().run
    # A daemon thread: a graceful stop waits for `concurrency_limit`, a quick stop must not wait.
    threading.Thread(target=run, args=(streamed.run,), name="mcp", daemon=True).start()
    streamed.queue.wait(sse.KEEP_ALIVE_SECONDS)
    if streamed.error:
        raise streamed.error
    if streamed.response is not None and not streamed.progress.is_wanted:
        response = jsonify(streamed.response)
        response.headers["Cache-Control"] = "no-store"
        return response
    return sse.event_stream_response(streamed.queue, on_silence=streamed.on_silence)


class _Streamed:
    """Handles a request in a thread, and puts what it sends into a queue.

    Attributes:
        queue: the events.
        progress: makes notifications.
        response: the response to the request, when it is there.
        error: an error of the request, in which case there are no events.
    """

    def __init__(self, message: Message, respond: Respond) -> None:
        self._message = message
        self._respond = respond
        self.queue = EventQueue()
        self.progress = Progress(message)
        self.response: dict[str, object] | None = None
        self.error: ProtocolError | None = None

    def run(self) -> None:
        """Handle the request."""
        try:
            result = self._respond(self.progress.listener(self._put_progress))
            self.response = jsonrpc.result_of(self._message, result)
        except ProtocolError as error:
            self.error = error
        except Exception:  # noqa: BLE001 - reason: the client waits for a response
            _log.exception("a request of an MCP client failed")
            unexpected = ProtocolError(jsonrpc.INTERNAL_ERROR, "Internal error")
            self.response = jsonrpc.error_of(self._message.id, unexpected)
        finally:
            self._put_response()
            self.queue.close()

    def on_silence(self) -> ServerSentEvent | None:
        """Return what to send while nothing happens: the same progress again, if it is wanted."""
        return self._event("") if self.progress.is_wanted else None

    def _put_progress(self, text: str) -> None:
        self.queue.put(self._event(text))

    def _put_response(self) -> None:
        if self.response is not None:
            text = current_app.json.dumps(self.response)
            self.queue.put(ServerSentEvent(_EVENT, lambda: text))

    def _event(self, text: str) -> ServerSentEvent:
        # Numbered when it is sent, so that numbers rise in the order of sending.
        dumps, progress = current_app.json.dumps, self.progress
        return ServerSentEvent(_EVENT, lambda: dumps(progress.notification(text)))
