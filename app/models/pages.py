"""Pages of the list of ready images."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.models.generation import ImageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position in the list: just after the record of this time and id."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """Selects a page of the list.

    Attributes:
        limit: the maximum number of records.
        offset: how many records to skip, from the start or from `after`.
        after: the position to start after; None for the start of the list.
        words: folded words, of which each must be a part of one of the record's. In scripts with
            spaces, one letter is a word of its own, and two letters are the beginning of a word.
        owner: the caller whose records are listed; None for all callers.
        tags: tags that every record must have.
        starred: list starred records only.
        trashed: list the records in the trash instead of the others.
        group, root: the record's fields must have this value; "" for any.
        verdict: the verdict on the cutout; "" for any.
        parents: ids of images that every record must have been edited or cut out from.
    """

    limit: int
    offset: int = 0
    after: Position | None = None
    words: Sequence[str] = ()
    owner: str | None = None
    tags: Sequence[str] = ()
    starred: bool = False
    trashed: bool = False
    group: str = ""
    root: str = ""
    verdict: str = ""
    parents: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of records, newest first.

    `more` is True if older records follow. A search counts its matches only up to a limit; if
    there are more, `total` is that limit and `total_exact` is False.
    """

    records: Sequence[ImageRecord]
    total: int
    more: bool
    total_exact: bool = True

    @property
    def end(self) -> Position | None:
        """The position after the last record, or None on the last page."""
        if not self.more:
            return None
        last = self.records[-1]
        return Position(created_at=last.created_at or last.requested_at, id=last.id)
