"""Port for logs, metrics and traces."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol
from wsgiref.types import WSGIApplication

from app.models import ImageRecord, PartHealth

Step = Literal[
    "moderation", "checks", "enhance", "upstream", "original", "cutout", "store", "record"
]
"""The steps of a generation in their usual order; a step may occur several times."""

TrashAction = Literal["trashed", "restored", "purged", "emptied"]
"""What happens to an image in the trash: `purged` by a request, or `emptied` after its time."""


class Observer(Protocol):
    """Turns events into log lines, metrics and traces.

    No method raises, so that observing can't make a generation fail.
    """

    def generation(
        self, *, caller: str, provider: str, model: str, is_edit: bool = False
    ) -> AbstractContextManager[object]:
        """Measure the duration and outcome of a generation in this thread.

        A block without a record and without an error counts as none. `is_edit` means that the image
        is made from others.
        """

    def follow(self, on_step: Callable[[Step], object]) -> AbstractContextManager[object]:
        """Call `on_step` at the start of each step within the block.

        Only steps of this thread's generation count.
        """

    def step(self, name: Step) -> AbstractContextManager[object]:
        """Measure a step, as part of this thread's generation if there is one."""

    def note(self, record: ImageRecord, *, replayed: bool = False) -> None:
        """Set the record of this thread's generation.

        `replayed` means that it is the result of an earlier request.
        """

    def group(self, outcome: str) -> None:
        """Count a request for several candidates: all, some, none or replayed."""

    def upload(self, outcome: str, *, size_bytes: int = 0) -> None:
        """Count an upload, and the bytes that it added.

        The outcome is `stored`, `repeated`, or the code of an error.
        """

    def trash(self, action: TrashAction, *, images: int = 1) -> None:
        """Count images that enter or leave the trash."""

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a completed request.

        `route` is the rule that matched, not the path, which is unbounded.
        """

    def trace(self, app: WSGIApplication) -> WSGIApplication:
        """Wrap the application to trace its requests, if tracing is on."""

    def trace_id(self) -> str:
        """Return the id of this thread's trace, or ""."""

    def page(self, parts: Sequence[PartHealth], *, waiting: int | None) -> bytes:
        """Return the metrics of all processes in Prometheus' text format.

        Args:
            parts: the health of each part.
            waiting: the number of images in the spool; None if unknown.
        """
