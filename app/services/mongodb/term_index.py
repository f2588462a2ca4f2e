"""Index documents of earlier versions, which have no terms, or none of their verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from app.models import ImageRecord
from app.models.images import VERDICTS
from app.models.prompts import fold
from app.services.records.document import from_document
from app.services.records.lists import LISTED_STATES, verdict_lists
from app.services.records.terms import list_term, terms_of

if TYPE_CHECKING:
    from pymongo import UpdateOne
    from pymongo.collection import Collection

Document = dict[str, Any]

_BATCH = 1000  # documents that are updated together
_OUTDATED: Document = {
    "state": {"$in": sorted(LISTED_STATES)},
    "$or": [
        {"terms": {"$exists": False}},
        *(
            {
                "image.report.verdict": verdict,
                "terms": {"$nin": [list_term(name) for name in verdict_lists(verdict)]},
            }
            for verdict in VERDICTS
        ),
    ],
}


def index_older(collection: "Collection[Document]") -> Iterator[int]:
    """Add the missing terms to all listed documents; yield the size of each batch.

    An interrupted run can be repeated.
    """
    updates = _updates(collection)
    while batch := list(islice(updates, _BATCH)):
        collection.bulk_write(batch, ordered=False)
        yield len(batch)


def record_of(document: Mapping[str, Any]) -> ImageRecord:
    """Return the record of a document, of this version or an earlier one."""
    record = from_document({**document, "id": document["_id"]})
    # Earlier versions kept the owner among the words, where no prompt has a null character.
    words = tuple(word for word in record.tokens if not word.startswith("\x00"))
    return record if words == record.tokens else replace(record, tokens=words)


def _updates(collection: "Collection[Document]") -> "Iterator[UpdateOne]":
    from pymongo import UpdateOne

    for document in collection.find(_OUTDATED):
        record = record_of(document)
        # Texts in scripts without spaces were words of one and two characters.
        words = sorted({*record.tokens, *fold(record.prompt, record.subject)})
        terms = terms_of(replace(record, tokens=words))
        unchanged = {"_id": document["_id"], "lease_until": document.get("lease_until")}
        yield UpdateOne(_OUTDATED | unchanged, {"$set": {"tokens": words, "terms": terms}})
