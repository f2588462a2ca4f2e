"""Progress of a running generation."""

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
    """Receives events, in the thread of the generation, so its callbacks must be quick.

    Args:
        on_step: called as each step begins, once it is clear that the request is a new one.
        on_partial: called with each partial image, as the model made it: before the cutout.
    """

    on_step: Callable[[Step], object] = _ignore
    on_partial: OnPartial = _ignore

    def report_step(self, step: Step) -> None:
        """Report a step; an error of the listener is logged, and fails no generation."""
        try:
            self.on_step(step)
        except Exception:  # noqa: BLE001 - reason: the image may be paid for by now
            _log.exception("a progress listener failed at a step")

    def report_partial(self, index: int, image: bytes) -> None:
        """Report a partial image, likewise."""
        try:
            self.on_partial(index, image)
        except Exception:  # noqa: BLE001 - reason: the image may be paid for by now
            _log.exception("a progress listener failed at a partial image")


NO_LISTENER = ProgressListener()
"""Ignores all events."""
