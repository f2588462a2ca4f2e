"""A generation that its caller watches.

It runs in a thread of its own, in the context of its request, so it ends and is stored whether the
caller stays or leaves.
"""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from flask import Response, current_app

from app.blueprints.dependencies import deps
from app.blueprints.serializers import image_answer
from app.http import error_handlers, sse
from app.http.idempotency import mark_replayed
from app.http.sse import EventQueue, ServerSentEvent
from app.imaging import SIDE
from app.ports.observer import Step
from app.usecases.generation.generate_image import GenerationResult
from app.usecases.generation.progress import ProgressListener

Make = Callable[[ProgressListener], GenerationResult]
Preview = Callable[[bytes], bytes | None]

_log = logging.getLogger(__name__)


def stream(make: Make, *, partials: int) -> Response:
    """Answer with events; what fails before the work begins is raised instead.

    Args:
        make: makes the image, or answers from an earlier request.
        partials: images to show while it is being drawn, 0 to 3.
    """
    watched = _Watched(make, partials)
    run = copy_context().run
    # A daemon: a server that stops waits for `in_flight`, and one that is told to be quick doesn't.
    threading.Thread(target=run, args=(watched.run,), name="generation", daemon=True).start()
    watched.feed.wait()
    if watched.refused:
        raise watched.refused
    response = sse.respond(watched.feed)
    if watched.replayed:
        mark_replayed(response)
    return response


def one_event(answer: dict[str, Any]) -> Response:
    """Answer with a result that is there already."""
    feed, text = EventQueue(), current_app.json.dumps(answer)
    feed.put(ServerSentEvent("result", lambda: text))
    feed.close()
    return sse.respond(feed)


class _Watched:
    """Runs a generation and puts into the feed what there is to tell.

    Attributes:
        replayed: whether an earlier request is what answers.
        refused: why the work did not begin, if it didn't; nothing else is told then.
    """

    def __init__(self, make: Make, partials: int) -> None:
        self._make = make
        self._viewer = ProgressListener(
            partials=partials, on_step=self._step_begins, on_partial=self._show_partial
        )
        self._began = time.monotonic()
        self._working = False
        self.feed = EventQueue()
        self.replayed = False
        self.refused: Exception | None = None

    def run(self) -> None:
        """Make the image."""
        try:
            made = self._make(self._viewer)
            self.replayed = made.replayed
            self._report("result", image_answer(made.generation, deps()).model_dump())
        except Exception as error:  # noqa: BLE001 - reason: all errors are answered in one shape
            self._fail(error)
        finally:
            self.feed.close()

    def _fail(self, error: Exception) -> None:
        if self._working:
            self._report("error", error_handlers.reported(error))
        else:
            self.refused = error

    def _step_begins(self, step: Step) -> None:
        self._working = True
        elapsed = round(1000 * (time.monotonic() - self._began))
        self._report("progress", {"step": step, "elapsed_ms": elapsed})

    def _show_partial(self, index: int, image: bytes) -> None:
        preview = deps().preview
        self.feed.put(
            ServerSentEvent("partial", lambda: _partial(preview, image, index)), instead=True
        )

    def _report(self, name: str, content: object) -> None:
        text = current_app.json.dumps(content)
        self.feed.put(ServerSentEvent(name, lambda: text))


def _partial(preview: Preview, image: bytes, index: int) -> str | None:
    try:
        webp = preview(image)
    except Exception:  # noqa: BLE001 - reason: the image itself is still to be told
        _log.exception("a partial image could not be cut out")
        return None
    if webp is None:
        return None
    data_uri = f"data:image/webp;base64,{base64.b64encode(webp).decode()}"
    reported = {"index": index, "image": data_uri, "width": SIDE, "height": SIDE}
    return json.dumps(reported, separators=(",", ":"))
