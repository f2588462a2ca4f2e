"""The time of list pages on MongoDB: `python -m bench.listing.mongodb`.

`BENCH_MONGODB_URI` is the server to measure; its database `bench_listing` is replaced.
`BENCH_RECORDS` is the number of records, a million by default. Without a server, 3,000 are written
to SecantusDB, the server of the tests, to try the bench: it sorts whole lists, so its times say
nothing about MongoDB's.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.services.mongodb import list_counters
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords, _document_of
from bench.listing import bulk, calls
from bench.listing.calls import LIMIT
from bench.listing.million_records import record_of
from tests.support.servers.databases import secantusdb

if TYPE_CHECKING:
    from pymongo.database import Database

_URI = os.environ.get("BENCH_MONGODB_URI", "")
COUNT = int(os.environ.get("BENCH_RECORDS", "1000000" if _URI else "3000"))
_NAME = "bench_listing"
_BATCH = 1000
_ROUNDS = 5
_TIMEOUT_SECONDS = 3600  # of everything

Document = dict[str, Any]


def main() -> None:
    """Write the records, then measure pages and searches."""
    import pymongo

    with (
        _server() as uri,
        closing(MongoDatabase(uri=uri, name=_NAME)) as database,
        pymongo.timeout(_TIMEOUT_SECONDS),
    ):
        records = MongoRecords(database)
        database.client().drop_database(_NAME)
        records.version()  # creates the indexes
        began = time.perf_counter()
        _write(database.client()[_NAME], COUNT)
        print(f"{COUNT:,} records written in {time.perf_counter() - began:.0f} s", flush=True)
        _verify(records, database.client()[_NAME])
        _measure(records, "MongoDB" if _URI else "SecantusDB")


@contextmanager
def _server() -> Iterator[str]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        yield _URI or stack.enter_context(secantusdb(Path(folder), sync=False)).uri


def _write(database: "Database[Document]", count: int) -> None:
    counts: Counter[bulk.Bucket] = Counter()
    documents: list[Document] = []
    for batch in bulk.batches(count):
        for entry in batch:
            names = bulk.lists(entry)
            counts.update(bulk.buckets_of(entry, names))
            document = bulk.document_of(entry)
            del document["claim"]
            documents.append(
                {"_id": document.pop("id"), **document, "terms": bulk.terms(entry, names)}
            )
    for start in range(0, count, _BATCH):
        database["generations"].insert_many(documents[start : start + _BATCH], ordered=False)
    ranks = [
        list_counters._key(bucket) | list_counters._fields(bucket) | {"n": n}
        for bucket, n in counts.items()
    ]
    for start in range(0, len(ranks), _BATCH):
        database["ranks"].insert_many(ranks[start : start + _BATCH], ordered=False)


def _verify(records: MongoRecords, database: "Database[Document]") -> None:
    """Compare a sample, and all counts, with what the service writes."""
    for entry in bulk.samples(COUNT):
        expected = _document_of(record_of(entry))
        written = database["generations"].find_one({"_id": entry.id})
        assert written is not None
        assert {*written["terms"]} == {*expected["terms"]}
        assert records.get(entry.id) == record_of(entry)
    assert records.recount(fix=False) == 0


def _measure(records: MongoRecords, server: str) -> None:
    first, pages = calls.first_page(records), calls.pages(records, COUNT)
    for section, title, measured, target in (
        ("listing_mongodb", "A page", pages, 3.0),
        ("listing_mongodb_search", "Searches for a page", calls.searches(records), 10.0),
    ):
        calls.measure(
            section,
            f"{title} of {LIMIT} in {COUNT:,}, {server}",
            first,
            measured,
            targets=dict.fromkeys(measured, target),
            rounds=_ROUNDS,
            clock=time.perf_counter,
        )


if __name__ == "__main__":
    main()
