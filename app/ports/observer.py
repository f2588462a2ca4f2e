"""The port to logs, metrics and traces."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol
from wsgiref.types import WSGIApplication

from app.models import ImageRecord, PartHealth

Step = Literal[
    "moderation", "checks", "enhance", "upstream", "original", "cutout", "store", "record"
]
"""The steps of a generation in their usual order; a step may occur several times."""


class Observer(Protocol):
    """Turns events into log lines, metrics and traces.

    No method ever raises, so that observing can't fail a generation.
    """

    def generation(
        self, *, caller: str, provider: str, model: str
    ) -> AbstractContextManager[object]:
        """Observe a generation in this thread: its duration and its outcome."""

    def follow(self, on_step: Callable[[Step], object]) -> AbstractContextManager[object]:
        """Call `on_step` as each step of this thread's generation begins within the block."""

    def step(self, name: Step) -> AbstractContextManager[object]:
        """Observe a step, of this thread's generation if there is one."""

    def note(self, record: ImageRecord, *, replayed: bool = False) -> None:
        """Set the record of this thread's generation; `replayed` if it is an earlier one's."""

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a completed request; `route` is the rule that matched, never the path."""

    def trace(self, app: WSGIApplication) -> WSGIApplication:
        """Return the application with its requests traced, or unchanged without tracing."""

    def trace_id(self) -> str:
        """Return the id of this thread's trace, or ""."""

    def page(self, parts: Sequence[PartHealth], *, waiting: int | None) -> bytes:
        """Return the metrics of all processes of this server in Prometheus' text format.

        Args:
            parts: the health of each part.
            waiting: the number of images in the spool; None if unknown.
        """
