"""Pages of the list, as the record stores find them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.models import ImageRecord, Page

T = TypeVar("T")

MAX_COUNTED = 1000
"""Matches of a search are counted up to this number, because counting each takes time."""


@dataclass(frozen=True, kw_only=True)
class FoundPage(Generic[T]):
    """The entries of a page, in the store's own form, and the list's total.

    There is one entry more than the page's limit if older ones follow.
    """

    entries: Sequence[T]
    total: int
    total_exact: bool = True

    @classmethod
    def of_matches(cls, entries: Sequence[T], counted: int) -> "FoundPage[T]":
        """Return a page of a search.

        `counted` is the number of matches, counted up to MAX_COUNTED + 1.
        """
        total, exact = min(counted, MAX_COUNTED), counted <= MAX_COUNTED
        return cls(entries=entries, total=total, total_exact=exact)

    def read(self, limit: int, record_of: Callable[[T], ImageRecord]) -> Page:
        """Return the page with its records."""
        return Page(
            records=[record_of(entry) for entry in self.entries[:limit]],
            total=self.total,
            total_exact=self.total_exact,
            more=len(self.entries) > limit,
        )
