"""Notifications of progress, for clients that ask for them."""

import itertools
import time
from collections.abc import Callable

from app.blueprints.mcp.jsonrpc import Message, notification
from app.ports.observer import Step
from app.usecases.generation.progress import NO_LISTENER, ProgressListener

_TEXTS: dict[Step, str] = {
    "moderation": "Checking the prompt",
    "checks": "Checking the service",
    "enhance": "Enriching the prompt",
    "upstream": "Drawing",
    "original": "Storing the original",
    "cutout": "Removing the background",
    "store": "Storing the image",
    "record": "Recording the image",
}


class Progress:
    """Makes the notifications of one request.

    Args:
        message: the request.
    """

    def __init__(self, message: Message) -> None:
        self._token = message.progress_token
        self._numbers = itertools.count(1)
        self._started_at = time.monotonic()
        self._text = "Starting"

    @property
    def is_wanted(self) -> bool:
        """Whether the client asks for notifications."""
        return self._token is not None

    def listener(self, put: Callable[[str], object]) -> ProgressListener:
        """Return a listener that passes on what is being done, if the client asks for it."""

        def on_step(step: Step) -> None:
            self._text = _TEXTS[step]
            put(self._text)

        return ProgressListener(on_step=on_step) if self.is_wanted else NO_LISTENER

    def notification(self, text: str = "") -> dict[str, object]:
        """Return the next notification, whose number is above that of all others.

        Args:
            text: what is being done; by default the same as before, and for how long.
        """
        seconds = round(time.monotonic() - self._started_at)
        return notification(
            "notifications/progress",
            {
                "progressToken": self._token,
                "progress": next(self._numbers),
                "message": text or f"{self._text} ({seconds} s)",
            },
        )
