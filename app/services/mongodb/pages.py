"""Find the documents of a page of the list in the MongoDB records."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.models import PageQuery, Position
from app.services.mongodb.list_counters import READY, MongoListCounters
from app.services.records.list_counters import EVERYONE
from app.services.records.pages import MAX_COUNTED, FoundPage, owner_token

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]

_MAX_COUNTED_TOKENS = 12
_NEWEST_FIRST = [("created_at", -1), ("_id", -1)]


def find(collection: "Collection[Document]", query: PageQuery) -> FoundPage[Document]:
    """Find the documents of a page."""
    return _find_matches(collection, query) if query.words else _find_any(collection, query)


def _find_any(collection: "Collection[Document]", query: PageQuery) -> FoundPage[Document]:
    """Find a page of the whole list or of one owner's.

    Counters give its start and the total.
    """
    counters, offset = MongoListCounters(collection), query.offset
    owner = EVERYONE if query.owner is None else query.owner
    listed = READY if query.owner is None else READY | {"owner": query.owner}
    condition, total = listed | _after(query.after), counters.total(owner)
    if offset and query.after is None:
        located = counters.seek(owner, offset)
        if located is None:
            return FoundPage(entries=(), total=total)
        before, offset = located
        condition = listed | {"created_at": {"$lt": before}}
    return FoundPage(entries=_page(collection, condition, query.limit, offset), total=total)


def _find_matches(collection: "Collection[Document]", query: PageQuery) -> FoundPage[Document]:
    """Find a page of the documents that have all words.

    Matches are counted up to a limit.
    """
    owner = [] if query.owner is None else [owner_token(query.owner)]

    def frequency(token: str) -> int:
        return _count(collection, READY | {"tokens": token})

    # MongoDB looks up the first token of `$all` in the index, and filters by the others. Long
    # words are rarer than short ones, so of many words only the longest are counted.
    longest_first = owner + sorted(query.words, key=len, reverse=True)
    counted, others = longest_first[:_MAX_COUNTED_TOKENS], longest_first[_MAX_COUNTED_TOKENS:]
    rarest_first = sorted(counted, key=frequency) if len(counted) > 1 else counted
    condition = READY | {"tokens": {"$all": rarest_first + others}}
    page = _page(collection, condition | _after(query.after), query.limit, query.offset)
    return FoundPage.of_matches(page, _count(collection, condition))


def _count(collection: "Collection[Document]", condition: Document) -> int:
    return collection.count_documents(condition, limit=MAX_COUNTED + 1)


def _page(
    collection: "Collection[Document]", condition: Document, limit: int, offset: int
) -> Sequence[Document]:
    return list(collection.find(condition).sort(_NEWEST_FIRST).skip(offset).limit(limit + 1))


def _after(position: Position | None) -> Document:
    if position is None:
        return {}
    same_time = {"created_at": position.created_at, "_id": {"$lt": position.id}}
    # The first condition is implied by the second, but only the first bounds the index.
    return {
        "created_at": {"$lte": position.created_at},
        "$or": [{"created_at": {"$lt": position.created_at}}, same_time],
    }
