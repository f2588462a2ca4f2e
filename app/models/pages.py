"""Pages of the list of ready images."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.models.generation import ImageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in the list, newest first: just behind the record of this time and id."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """Which page of the list to read.

    Attributes:
        limit: how many records at most.
        offset: how many records to skip, from the start or from `after`.
        after: start behind this position.
        words: keep records that have all these folded words.
        owner: keep the records of this caller; None keeps all.
    """

    limit: int
    offset: int = 0
    after: Position | None = None
    words: Sequence[str] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of ready records, newest first; `more` is set if older ones follow.

    A search counts its matches up to a limit only. If there are more, `total` is that limit and
    `total_exact` is False.
    """

    records: Sequence[ImageRecord]
    total: int
    more: bool
    total_exact: bool = True

    @property
    def end(self) -> Position | None:
        """The position behind the last record, or None on the last page."""
        if not self.more:
            return None
        last = self.records[-1]
        return Position(created_at=last.created_at or last.requested_at, id=last.id)
