"""Generations whose progress is streamed to the client.

Each generation runs in its own thread, in the context of its request. It completes, and the image
is stored, even if the client disconnects.
"""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, current_app

from app.blueprints.dependencies import deps
from app.http import error_handlers, sse
from app.http.idempotency import mark_replayed
from app.http.sse import EventQueue, ServerSentEvent
from app.imaging import SIDE, CutoutOptions
from app.ports.observer import Step
from app.usecases.generation.progress import ProgressListener

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finished:
    """The body of the response; `replayed` if earlier requests generated all of it."""

    content: dict[str, Any]
    replayed: bool = False


class ProgressEvents:
    """Turns the progress of a request into events.

    Args:
        queue: gets the events.
        options: for the cutouts of partial images.
    """

    def __init__(self, queue: EventQueue, options: CutoutOptions) -> None:
        self.queue = queue
        self.options = options
        self._started_at = time.monotonic()
        self.has_steps = False

    def listener(self, candidate: int | None = None) -> ProgressListener:
        """Return the listener of the only image, or of one of several candidates."""
        about = {} if candidate is None else {"index": candidate}
        return ProgressListener(
            on_step=partial(self._on_step, about),
            on_partial=partial(self._on_partial, candidate),
        )

    def put(self, name: str, content: object) -> None:
        """Add an event with JSON data."""
        text = current_app.json.dumps(content)
        self.queue.put(ServerSentEvent(name, lambda: text))

    def finish(self, finished: "Finished") -> None:
        """Add the last event of a success."""
        self.put("result", finished.content)

    def fail(self, error: Exception) -> None:
        """Add the last event of a failure."""
        self.put("error", error_handlers.error_event(error))

    def _on_step(self, about: Mapping[str, int], step: Step) -> None:
        self.has_steps = True
        elapsed = round(1000 * (time.monotonic() - self._started_at))
        self.put("progress", {**about, "step": step, "elapsed_ms": elapsed})

    def _on_partial(self, candidate: int | None, number: int, image: bytes) -> None:
        about = {"index": number}
        if candidate is not None:
            about = {"index": candidate, "partial_index": number}
        render_preview = partial(deps().preview, image, self.options)
        event = ServerSentEvent(
            "partial", lambda: _partial(render_preview, about), series=candidate or 0
        )
        self.queue.put(event, replace=True)


Generate = Callable[[ProgressEvents], Finished]
"""Generates what was requested, or returns the result of an earlier request."""


def stream(
    generate: Generate,
    *,
    subject: str,
    make_events: Callable[[EventQueue, CutoutOptions], ProgressEvents] = ProgressEvents,
) -> Response:
    """Run a generation and return the response that streams its events.

    Errors before the first step are raised, so that they become normal error responses.

    Args:
        generate: runs in a thread of its own.
        subject: what the image shows, for the cutouts of partial images.
        make_events: makes the object that turns progress into events.
    """
    queue = EventQueue()
    generation = _StreamedGeneration(
        generate, queue, make_events(queue, CutoutOptions(subject=subject))
    )
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

    def __init__(self, generate: Generate, queue: EventQueue, events: ProgressEvents) -> None:
        self._generate = generate
        self.queue = queue
        self._events = events
        self.replayed = False
        self.early_error: Exception | None = None

    def run(self) -> None:
        """Generate the image."""
        try:
            finished = self._generate(self._events)
            self.replayed = finished.replayed
            self._events.finish(finished)
        except Exception as error:  # noqa: BLE001 - reason: all errors become events or responses
            self._fail(error)
        finally:
            self.queue.close()

    def _fail(self, error: Exception) -> None:
        if self._events.has_steps:
            self._events.fail(error)
        else:
            self.early_error = error


def _partial(render_preview: Callable[[], bytes | None], about: Mapping[str, int]) -> str | None:
    try:
        webp = render_preview()
    except Exception:  # noqa: BLE001 - reason: a failed preview must not end the stream
        _log.exception("could not render a partial image")
        return None
    if webp is None:
        return None
    data_uri = f"data:image/webp;base64,{base64.b64encode(webp).decode()}"
    content = {**about, "image": data_uri, "width": SIDE, "height": SIDE}
    return json.dumps(content, separators=(",", ":"))
