"""Ports for records and for the clock."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from app.models import ImageRecord, Page, PageQuery, State


class ImageRecords(Protocol):
    """Stores the records of generations.

    Every method raises RecordsUnavailable if the store is unreachable or refuses access.
    """

    def insert(self, record: ImageRecord) -> bool:
        """Add a new record; return False if its id or claim is already in use."""

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """Replace the record if it still has the state and lease of `old`.

        Returns:
            Whether it was replaced. If several servers try, only one gets True.
        """

    def get(self, image_id: str) -> ImageRecord | None:
        """Return the record, in any state, or None."""

    def find(self, claim: str) -> ImageRecord | None:
        """Return the record with this claim, in any state, or None."""

    def page(self, query: PageQuery) -> Page:
        """Return ready records, newest first; records of the same time by id.

        A search by words counts up to a thousand matches. The query's owner must not be "".
        """

    def version(self) -> int:
        """Return a number that changes whenever the result of `page` does."""

    def recount(self, *, fix: bool) -> int:
        """Return how many of the counters kept for `page` are wrong.

        With `fix`, correct them, except those that are being changed at the moment.
        """

    def delete(self, image_id: str) -> None:
        """Remove the record, if there is one."""

    def expired_leases(
        self, now: datetime, *, limit: int, state: State = State.PENDING
    ) -> Sequence[ImageRecord]:
        """Return records of a state whose lease has expired, oldest lease first."""

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """Return records in any state with ids above `after`, by id."""

    def removals(self, since: datetime) -> Collection[str]:
        """Return the ids of images deleted, replaced or put in the trash since a time."""

    def forget_claims(self, before: datetime, *, deleted_before: datetime | None = None) -> int:
        """Remove the claims of records requested before a time; return how many.

        Pending records keep their claims. Tombstones of that age are removed, if the deletion was
        before `deleted_before`, by default the same time.
        """

    def ping(self) -> None:
        """Return if the store is reachable and grants access."""


class Clock(Protocol):
    """Wall-clock and monotonic time."""

    def now(self) -> datetime:
        """Return the wall-clock time in UTC, with whole milliseconds."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes backwards."""
