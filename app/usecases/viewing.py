"""Who watches one generation while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from app.ports.drawing import OnPartial
from app.ports.observing import Step


def _ignore(*_: object) -> None:
    """Look away."""


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Hears what happens, from the thread that works; hearing must neither fail nor take long.

    Args:
        partials: pictures to ask the model for while it draws, 0 to 3; each costs something.
        on_step: hears of each step that begins, once the prompt is new and there is room.
        on_partial: hears of each partial picture, as the model made it: before the cutout.
    """

    partials: int = 0
    on_step: Callable[[Step], object] = _ignore
    on_partial: OnPartial = _ignore


NOBODY = Viewer()
"""Watches nothing, so no partial picture is paid for."""
