"""The time of list pages at a million SQLite records: `python -m bench.listing`."""

import random
from contextlib import closing

from app.models import ImageRecord, PageQuery
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from bench.listing import calls, sqlite_file
from bench.listing.calls import LIMIT, Call
from bench.listing.million_records import COUNT
from bench.serving import page_json

_OFFSET_ROUNDS = 3
_DELETED = 1000
_OFFSET = """SELECT document FROM generations WHERE state = 'ready'
    ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?"""
_COUNT = "SELECT count(*) FROM generations WHERE state = 'ready'"


def main() -> None:
    """Measure pages, the former queries, pages after deletions, and a page's JSON."""
    file = sqlite_file.file(COUNT)
    with closing(SqliteRecords(SqliteDatabase(file))) as records:
        _measure_pages(records)
        _measure_without_counters(records)
        _measure_after_deletions(records)
    print(f"\nThe file has {file.stat().st_size / COUNT:.0f} bytes per record.")
    page_json.main()


def _measure_pages(records: SqliteRecords) -> None:
    first, pages = calls.first_page(records), calls.pages(records, COUNT)
    targets = dict.fromkeys(pages, 3.0) | {"total alone": 1.0}
    pages |= {"total alone": calls.total(records)}
    title = f"A page of {LIMIT} in {COUNT:,}, SQLite"
    calls.measure("listing", title, first, pages, targets=targets)
    searches = calls.searches(records)
    title = f"Searches for a page of {LIMIT} in {COUNT:,}, SQLite"
    targets = dict.fromkeys(searches, 10.0)
    calls.measure("listing_search", title, first, searches, targets=targets)


def _measure_without_counters(records: SqliteRecords) -> None:
    """Show what the counters save: OFFSET passes over every record, and so does count."""

    def query(statement: str, *values: int) -> Call:
        def call() -> None:
            with records._database.connection() as connection:
                connection.execute(statement, values).fetchall()

        return call

    former = {
        "the last page by OFFSET": query(_OFFSET, LIMIT, COUNT - LIMIT),
        "the total by count(*)": query(_COUNT),
    }
    title, first = "The same without counters", calls.first_page(records)
    calls.measure("listing_before", title, first, former, targets={}, rounds=_OFFSET_ROUNDS)


def _measure_after_deletions(records: SqliteRecords) -> None:
    rng = random.Random(3)
    deleted: list[ImageRecord] = []
    try:
        for _ in range(_DELETED):
            query = PageQuery(limit=1, offset=rng.randrange(COUNT - _DELETED))
            deleted += records.page(query).records
            records.delete(deleted[-1].id)
        assert records.page(PageQuery(limit=1)).total == COUNT - _DELETED
        numbers = (1000, (COUNT - _DELETED) // LIMIT)
        pages = {f"page {number:,}": calls.page(records, number) for number in numbers}
        title = f"After {_DELETED:,} deletions anywhere in the list"
        first = calls.first_page(records)
        calls.measure("listing_deleted", title, first, pages, targets=dict.fromkeys(pages, 3.0))
    finally:
        for record in deleted:  # the file is kept for the next run
            records.insert(record)


if __name__ == "__main__":
    main()
