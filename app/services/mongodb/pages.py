"""Pages of the list in the MongoDB records: how documents are found, not how they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.models import PageQuery, Position
from app.services.mongodb.list_counters import READY, MongoListCounters
from app.services.records.list_counters import EVERYONE, MAX_COUNTED, owner_word

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]

_NEWEST_FIRST = [("created_at", -1), ("_id", -1)]


@dataclass(frozen=True)
class MongoPage:
    """The documents of a page and, if there is one, the one behind it."""

    documents: Sequence[Document]
    total: int
    exact: bool = True


def find(collection: "Collection[Document]", query: PageQuery) -> MongoPage:
    """Find the documents of a page."""
    return _find_words(collection, query) if query.words else _find_any(collection, query)


def _find_any(collection: "Collection[Document]", query: PageQuery) -> MongoPage:
    """Find a page of what is listed, of one owner or of all; the counts give place and total."""
    ranks, owner, offset = MongoListCounters(collection), query.owner, query.offset
    whose = EVERYONE if owner is None else owner
    listed = READY if owner is None else READY | {"owner": owner}
    chosen, total = listed | _behind(query.after), ranks.total(whose)
    if offset and query.after is None:
        place = ranks.seek(whose, offset)
        if place is None:
            return MongoPage(documents=(), total=total)
        chosen, offset = listed | {"created_at": {"$lt": place[0]}}, place[1]
    documents = _page(collection, chosen, query.limit, offset)
    return MongoPage(documents=documents, total=total)


def _find_words(collection: "Collection[Document]", query: PageQuery) -> MongoPage:
    """Find a page of the documents that have all these words, and count those to a limit."""
    owned = [] if query.owner is None else [owner_word(query.owner)]
    words = [*query.words, *owned]

    def frequency(word: str) -> int:
        return _counted(collection, READY | {"tokens": word})

    # The first of `$all` is what the index is asked for; the rest only filters.
    rarest_first = sorted(words, key=frequency) if len(words) > 1 else words
    chosen = READY | {"tokens": {"$all": rarest_first}}
    counted = _counted(collection, chosen)
    return MongoPage(
        documents=_page(collection, chosen | _behind(query.after), query.limit, query.offset),
        total=min(counted, MAX_COUNTED),
        exact=counted <= MAX_COUNTED,
    )


def _counted(collection: "Collection[Document]", chosen: Document) -> int:
    return collection.count_documents(chosen, limit=MAX_COUNTED + 1)


def _page(
    collection: "Collection[Document]", chosen: Document, limit: int, offset: int
) -> Sequence[Document]:
    return list(collection.find(chosen).sort(_NEWEST_FIRST).skip(offset).limit(limit + 1))


def _behind(after: Position | None) -> Document:
    if after is None:
        return {}
    same_time = {"created_at": after.created_at, "_id": {"$lt": after.id}}
    # The first condition says little more, but it is what bounds the index.
    return {
        "created_at": {"$lte": after.created_at},
        "$or": [{"created_at": {"$lt": after.created_at}}, same_time],
    }
