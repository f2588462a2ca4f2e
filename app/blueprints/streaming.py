"""Generations whose progress is streamed to the client.

Each generation runs in its own thread, in the context of its request. It completes, and the image
is stored, even if the client disconnects.
"""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

from flask import Response, current_app

from app.blueprints.dependencies import deps
from app.blueprints.serializers import image_response
from app.http import error_handlers, sse
from app.http.idempotency import mark_replayed
from app.http.sse import EventQueue, ServerSentEvent
from app.imaging import SIDE, CutoutOptions
from app.ports.observer import Step
from app.usecases.generation.generate_image import GenerationResult
from app.usecases.generation.progress import ProgressListener

Generate = Callable[[ProgressListener], GenerationResult]

_log = logging.getLogger(__name__)


def stream(generate: Generate, *, subject: str) -> Response:
    """Run a generation and return the response that streams its events.

    Errors before the first step are raised, so that they become normal error responses.

    Args:
        generate: generates the image, or returns the result of an earlier request.
        subject: what the image shows, for the cutouts of partial images.
    """
    generation = _StreamedGeneration(generate, CutoutOptions(subject=subject))
    run = copy_context().run
    # A daemon thread: a graceful stop waits for `concurrency_limit`, a quick stop must not wait.
    threading.Thread(target=run, args=(generation.run,), name="generation", daemon=True).start()
    generation.queue.wait()
    if generation.early_error:
        raise generation.early_error
    response = sse.event_stream_response(generation.queue)
    if generation.replayed:
        mark_replayed(response)
    return response


def single_event(result: dict[str, Any]) -> Response:
    """Return an event stream of a single `result` event."""
    queue, text = EventQueue(), current_app.json.dumps(result)
    queue.put(ServerSentEvent("result", lambda: text))
    queue.close()
    return sse.event_stream_response(queue)


class _StreamedGeneration:
    """Runs a generation and puts its events into a queue.

    Attributes:
        queue: the events.
        replayed: whether the result is that of an earlier request.
        early_error: an error that occurred before the first step, in which case there are no
            events.
    """

    def __init__(self, generate: Generate, options: CutoutOptions) -> None:
        self._generate = generate
        self._options = options
        self._listener = ProgressListener(on_step=self._on_step, on_partial=self._on_partial)
        self._started_at = time.monotonic()
        self._has_steps = False
        self.queue = EventQueue()
        self.replayed = False
        self.early_error: Exception | None = None

    def run(self) -> None:
        """Generate the image."""
        try:
            result = self._generate(self._listener)
            self.replayed = result.replayed
            self._put("result", image_response(result.record, deps()).model_dump())
        except Exception as error:  # noqa: BLE001 - reason: all errors become events or responses
            self._fail(error)
        finally:
            self.queue.close()

    def _fail(self, error: Exception) -> None:
        if self._has_steps:
            self._put("error", error_handlers.error_event(error))
        else:
            self.early_error = error

    def _on_step(self, step: Step) -> None:
        self._has_steps = True
        elapsed = round(1000 * (time.monotonic() - self._started_at))
        self._put("progress", {"step": step, "elapsed_ms": elapsed})

    def _on_partial(self, index: int, image: bytes) -> None:
        render_preview = partial(deps().preview, image, self._options)
        event = ServerSentEvent("partial", lambda: _partial(render_preview, index))
        self.queue.put(event, replace=True)

    def _put(self, name: str, content: object) -> None:
        text = current_app.json.dumps(content)
        self.queue.put(ServerSentEvent(name, lambda: text))


def _partial(render_preview: Callable[[], bytes | None], index: int) -> str | None:
    try:
        webp = render_preview()
    except Exception:  # noqa: BLE001 - reason: a failed preview must not end the stream
        _log.exception("could not render a partial image")
        return None
    if webp is None:
        return None
    data_uri = f"data:image/webp;base64,{base64.b64encode(webp).decode()}"
    content = {"index": index, "image": data_uri, "width": SIDE, "height": SIDE}
    return json.dumps(content, separators=(",", ":"))
