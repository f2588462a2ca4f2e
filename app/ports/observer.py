"""What those who watch the service are told."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol
from wsgiref.types import WSGIApplication

from app.models import ImageRecord, PartHealth

Step = Literal[
    "moderation", "checks", "enhance", "upstream", "original", "cutout", "store", "record"
]
"""What a generation spends its time on, in the usual order; a step may be taken several times."""


class Observer(Protocol):
    """Turns what happens into log lines, metrics and traces.

    No method ever fails: nobody's image depends on who watches.
    """

    def generation(
        self, *, caller: str, provider: str, model: str
    ) -> AbstractContextManager[object]:
        """Watch one generation, from this thread: how long it takes, and what it ends with."""

    def follow(self, on_step: Callable[[Step], object]) -> AbstractContextManager[object]:
        """Tell of each step that this thread's generation begins within the block."""

    def step(self, name: Step) -> AbstractContextManager[object]:
        """Watch one step, of the generation that this thread is at if there is one."""

    def note(self, row: ImageRecord, *, replayed: bool = False) -> None:
        """Hear how the row of this thread's generation is now, or that an earlier one answers."""

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Hear of an answered request. `route` is the rule that matched, never the path."""

    def trace(self, app: WSGIApplication) -> WSGIApplication:
        """Return the application with its requests traced, or as it is if nobody wants traces."""

    def trace_id(self) -> str:
        """Return the id of the trace that this thread is in, or ""."""

    def page(self, parts: Sequence[PartHealth], *, waiting: int | None) -> bytes:
        """Return the metrics of all processes of this server as Prometheus reads them.

        Args:
            parts: how each part is.
            waiting: images in the spool; None if nobody can tell.
        """
