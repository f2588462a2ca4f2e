"""The ports to records and to the clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.models import ImageRecord, Page, PageQuery


class ImageRecords(Protocol):
    """Stores the records of generations.

    Every method raises RecordsUnavailable if the store is unreachable or refuses access.
    """

    def insert(self, record: ImageRecord) -> bool:
        """Add a new record; return False, and change nothing, if its id or claim is taken."""

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """Replace the record if its state and lease equal those of `old`; else return False.

        Of several servers that try to take over a record, only one gets True.
        """

    def get(self, image_id: str) -> ImageRecord | None:
        """Return the record, in any state, or None."""

    def find(self, claim: str) -> ImageRecord | None:
        """Return the record with this claim, in any state, or None."""

    def page(self, query: PageQuery) -> Page:
        """Return ready records, newest first, and by id among equal times.

        The matches of `words` are counted up to a thousand only. An `owner` is never empty.
        """

    def version(self) -> int:
        """Return a number that differs after every change of what `page` returns."""

    def recount(self, *, fix: bool) -> int:
        """Return how many of the counts that are kept for `page` are wrong.

        With `fix`, correct them, except those that are changing at this moment.
        """

    def delete(self, image_id: str) -> None:
        """Remove the record, if there is one."""

    def expired_leases(self, now: datetime, *, limit: int) -> Sequence[ImageRecord]:
        """Return pending records whose lease has ended, the oldest lease first."""

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """Return records in any state, by id, behind the id `after`."""

    def forget_claims(self, before: datetime) -> int:
        """Remove the claims of records that were requested earlier; return how many.

        Pending records keep theirs. Tombstones of deleted images are removed.
        """

    def ping(self) -> None:
        """Return if the store is reachable and grants access."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Return the wall-clock time: UTC, whole milliseconds."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, to measure spans."""
