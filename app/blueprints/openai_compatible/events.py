"""The events of OpenAI's streams of images."""

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from app.blueprints.dependencies import deps
from app.blueprints.openai_compatible.output import ImageOutput
from app.blueprints.streaming import Finished, ProgressEvents
from app.http import error_handlers
from app.http.sse import EventQueue, ServerSentEvent
from app.imaging import SIDE, CutoutOptions
from app.ports.observer import Step

_log = logging.getLogger(__name__)


class ImageEvents(ProgressEvents):
    """Turns the progress of a request into the events that OpenAI's clients expect.

    Args:
        queue: gets the events.
        options: for the cutouts of partial images.
        event_type: the first part of their names: `image_generation` or `image_edit`.
        output: the form in which the images are returned.
    """

    def __init__(
        self, queue: EventQueue, options: CutoutOptions, *, event_type: str, output: ImageOutput
    ) -> None:
        super().__init__(queue, options)
        self._type = event_type
        self._output = output

    def finish(self, finished: Finished) -> None:
        """Add an event for each image."""
        content = finished.content
        shared = {name: content[name] for name in ("size", "quality", "background", "usage")}
        for image in content["data"]:
            about = {"created_at": content["created"], "output_format": self._output.format}
            self._put("completed", {"b64_json": image["b64_json"], **shared, **about})

    def fail(self, error: Exception) -> None:
        """Add the event of a failure."""
        self.put("error", error_handlers.openai_error_event(error))

    def _on_step(self, _about: Mapping[str, int], _step: Step) -> None:
        """Begin the stream; OpenAI's has no events of steps."""
        if not self.has_steps:
            self.has_steps = True
            self.queue.put(ServerSentEvent("", lambda: None))

    def _on_partial(self, candidate: int | None, number: int, image: bytes) -> None:
        render_preview = partial(deps().preview, image, self.options)
        event = ServerSentEvent(
            f"{self._type}.partial_image",
            partial(self._partial, render_preview, number),
            series=candidate or 0,
        )
        self.queue.put(event, replace=True)

    def _partial(self, render_preview: Callable[[], bytes | None], number: int) -> str | None:
        """Return the data of a preview: a small cutout, whatever the final image will be.

        It is called outside of the application context.
        """
        try:
            webp = render_preview()
        except Exception:  # noqa: BLE001 - reason: a failed preview must not end the stream
            _log.exception("could not render a partial image")
            return None
        if webp is None:
            return None
        return json.dumps(
            {
                "type": f"{self._type}.partial_image",
                "b64_json": base64.b64encode(webp).decode(),
                "partial_image_index": number,
                "created_at": int(time.time()),
                "size": f"{SIDE}x{SIDE}",
                "quality": "auto",
                "background": "transparent",
                "output_format": "webp",
            },
            separators=(",", ":"),
        )

    def _put(self, name: str, content: Mapping[str, Any]) -> None:
        kind = f"{self._type}.{name}"
        self.put(kind, {"type": kind, **content})
