"""Who watches one generation while it runs."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from app.ports.observer import Step
from app.ports.providers import OnPartial

_log = logging.getLogger(__name__)


def _ignore(*_: object) -> None:
    """Look away."""


@dataclass(frozen=True, kw_only=True)
class ProgressListener:
    """Hears what happens, from the thread that works, so hearing must not take long.

    Args:
        on_step: hears of each step that begins, once the prompt is new and there is room.
        on_partial: hears of each partial image, as the model made it: before the cutout.
    """

    on_step: Callable[[Step], object] = _ignore
    on_partial: OnPartial = _ignore

    def report_step(self, step: Step) -> None:
        """Tell of a step; no image fails because of who watches."""
        try:
            self.on_step(step)
        except Exception:  # noqa: BLE001 - reason: the image may be paid for by now
            _log.exception("a viewer could not hear of a step")

    def report_partial(self, index: int, image: bytes) -> None:
        """Tell of a partial image, likewise."""
        try:
            self.on_partial(index, image)
        except Exception:  # noqa: BLE001 - reason: the image may be paid for by now
            _log.exception("a viewer could not hear of a partial image")


NO_LISTENER = ProgressListener()
"""Watches nothing."""
