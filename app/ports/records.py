"""What keeps rows, and what tells the time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.models import ImageRecord, Page, PageQuery


class ImageRecords(Protocol):
    """Keeps generations.

    Every method raises RecordsUnavailable when the store can't be reached or refuses us.
    """

    def insert(self, generation: ImageRecord) -> bool:
        """Add a new row; False, and nothing is done, if its id or its claim is taken."""

    def compare_and_swap(self, old: ImageRecord, new: ImageRecord) -> bool:
        """Write the row anew if its state and lease are still those of `old`; else False.

        This is how two servers agree on who works on a row: only one of them gets True.
        """

    def get(self, image_id: str) -> ImageRecord | None:
        """Return the row, in whatever state, or None."""

    def find(self, claim: str) -> ImageRecord | None:
        """Return the row with this claim, in whatever state, or None."""

    def page(self, query: PageQuery) -> Page:
        """Return ready records, newest first and by id where times are equal.

        The matches of `words` are counted up to a thousand only. An `owner` is never empty.
        """

    def version(self) -> int:
        """Return a number that is another one after every change of what `page` returns."""

    def recount(self, *, fix: bool) -> int:
        """Compare the counts that are kept for `page` with the rows, and tell how many are wrong.

        With `fix` they are set right, but for those that change at this very moment.
        """

    def delete(self, image_id: str) -> None:
        """Remove the row; one that is not there is fine."""

    def expired_leases(self, now: datetime, *, limit: int) -> Sequence[ImageRecord]:
        """Return pending rows whose lease is over, the oldest lease first."""

    def scan(self, *, after: str = "", limit: int) -> Sequence[ImageRecord]:
        """Return rows in whatever state, by id, behind the id `after`."""

    def forget_claims(self, before: datetime) -> int:
        """Take the claims from rows that were asked for before then, and tell from how many.

        Pending rows keep theirs. Of deleted images nothing else is left, so their rows go.
        """

    def ping(self) -> None:
        """Return if the store answers and lets us in."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the wall-clock time: UTC, whole milliseconds."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for measuring spans."""
