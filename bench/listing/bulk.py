"""Documents, terms and counts of many records, computed faster than the service does.

The service converts one record at a time, with deep copies. Here, a template is filled in, and the
terms of each word are computed once.
"""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from app.models import State
from app.services.records.document import to_document
from app.services.records.list_counters import buckets
from app.services.records.lists import lists_of
from app.services.records.terms import list_term, terms_of
from app.services.sqlite.rows import to_milliseconds
from bench.listing.million_records import Entry, entries, record_of
from tests.support.builders import a_record

BATCH = 20_000
SAMPLES = 50

Bucket = tuple[str, int, int]
"""A list's name, a shift, and the bucket's number."""


def batches(count: int) -> Iterator[list[Entry]]:
    """Yield the entries in batches."""
    remaining = entries(count)
    while batch := list(itertools.islice(remaining, BATCH)):
        yield batch


def samples(count: int) -> list[Entry]:
    """Return entries from all parts of the list."""
    return list(itertools.islice(entries(count), 0, None, max(1, count // SAMPLES)))


def document_of(entry: Entry) -> dict[str, Any]:
    """Return the document of the entry's record, as `to_document` does."""
    template = _template()
    return template | {
        "id": entry.id,
        "created_at": entry.created,
        "requested_at": entry.created - timedelta(seconds=30),
        "lease_until": entry.created + timedelta(seconds=200),
        "owner": entry.owner,
        "fingerprint": hashlib.sha256(entry.prompt.encode()).hexdigest(),
        "first_prompt": entry.prompt,
        "prompt": entry.prompt,
        "subject": entry.prompt,
        "tokens": entry.words,
        "group": entry.group,
        "root": entry.root,
        "tags": list(entry.tags),
        "starred": entry.starred,
        "original": template["original"] | {"key": f"originals/{entry.id}.png"},
        "image": template["image"]
        | {"key": f"images/{entry.id}.png", "report": {"verdict": entry.verdict}},
    }


def lists(entry: Entry) -> tuple[str, ...]:
    """Return the names of the lists that contain the entry's record."""
    return lists_of(State.READY, entry.owner, entry)


def terms(entry: Entry, names: Sequence[str]) -> list[str]:
    """Return the terms of the entry's record, as `terms_of` does."""
    parts = dict.fromkeys(itertools.chain.from_iterable(map(_word_terms, entry.words)))
    return [*(list_term(name) for name in names if name), *parts]


def buckets_of(entry: Entry, names: Sequence[str]) -> list[Bucket]:
    """Return the buckets in which the entry's record is counted."""
    found = buckets(to_milliseconds(entry.created))
    return [(name, *bucket) for name in names for bucket in found]


@cache
def _template() -> dict[str, Any]:
    return to_document(record_of(next(entries(1))))


@cache
def _word_terms(word: str) -> list[str]:
    return terms_of(a_record(prompt=word))
