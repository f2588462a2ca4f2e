"""Report the progress of a running generation to a listener."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from app.ports.observer import Step
from app.ports.providers import OnPartial

_log = logging.getLogger(__name__)


def _ignore(*_: object) -> None:
    """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class ProgressListener:
    """Receives progress events.

    Its callbacks run in the thread of the generation, so they must be quick.

    Args:
        on_step: called when a step begins; only for requests that are not replayed.
        on_partial: called with each partial image from the model, which is not cut out.
    """

    on_step: Callable[[Step], object] = _ignore
    on_partial: OnPartial = _ignore

    def report_step(self, step: Step) -> None:
        """Report a step; an error of the listener is only logged."""
        try:
            self.on_step(step)
        except Exception:  # noqa: BLE001 - reason: the image may be paid for by now
            _log.exception("a progress listener failed at a step")

    def report_partial(self, index: int, image: bytes) -> None:
        """Report a partial image; an error of the listener is only logged."""
        try:
            self.on_partial(index, image)
        except Exception:  # noqa: BLE001 - reason: the image may be paid for by now
            _log.exception("a progress listener failed at a partial image")


NO_LISTENER = ProgressListener()
"""Ignores all events."""
