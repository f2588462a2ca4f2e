"""Find the documents of a page of the list in the MongoDB records."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.models import PageQuery, Position, State
from app.services.mongodb.list_counters import MongoListCounters
from app.services.records.lists import lists_of_query, plain_list
from app.services.records.pages import MAX_COUNTED, FoundPage
from app.services.records.terms import list_term, search_of

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]

_MAX_COUNTED_TERMS = 12
_NEWEST_FIRST = [("created_at", -1), ("_id", -1)]


def find(collection: "Collection[Document]", query: PageQuery) -> FoundPage[Document]:
    """Find the documents of a page."""
    names = lists_of_query(query)
    if query.words or len(names) > 1:
        return _find_matches(collection, query)
    return _find_in_list(collection, query, names[0])


def _find_in_list(
    collection: "Collection[Document]", query: PageQuery, name: str
) -> FoundPage[Document]:
    """Find a page of a counted list. Counters give its start and the total."""
    counters, offset = MongoListCounters(collection), query.offset
    total = counters.total(name)
    listed = _listed(query, name)
    condition = listed | _after(query.after)
    if offset and query.after is None:
        located = counters.seek(name, offset)
        if located is None:
            return FoundPage(entries=(), total=total)
        before, offset = located
        condition = listed | {"created_at": {"$lt": before}}
    return FoundPage(entries=_page(collection, condition, query.limit, offset), total=total)


def _listed(query: PageQuery, name: str) -> Document:
    if name != plain_list(query):
        return _in_state(query) | {"terms": list_term(name)}
    return _in_state(query) if query.owner is None else _in_state(query) | {"owner": query.owner}


def _find_matches(collection: "Collection[Document]", query: PageQuery) -> FoundPage[Document]:
    """Find a page of the documents that have all words, and are in all lists.

    Matches are counted up to a limit.
    """
    search, listed = search_of(query), _in_state(query)

    def frequency(term: str) -> int:
        return _count(collection, listed | {"terms": term})

    # MongoDB looks up the first term of `$all` in the index, and filters by the others. The terms
    # of long words come first: such words are rarer, so of many terms only the first are counted.
    counted, others = search.terms[:_MAX_COUNTED_TERMS], search.terms[_MAX_COUNTED_TERMS:]
    rarest_first = sorted(counted, key=frequency) if len(counted) > 1 else counted
    condition = listed | {"terms": {"$all": [*rarest_first, *others]}}
    if search.contained:
        parts = [re.escape(text) for text in search.contained]
        condition |= {"$and": [{"tokens": {"$regex": part}} for part in parts]}
    page = _page(collection, condition | _after(query.after), query.limit, query.offset)
    return FoundPage.of_matches(page, _count(collection, condition))


def _in_state(query: PageQuery) -> Document:
    return {"state": str(State.TRASHED if query.trashed else State.READY)}


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
