"""The time of list pages at a million SQLite records: `python -m bench.listing`."""

import random
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from app.models import ImageRecord, Page, PageQuery, Position
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from bench.listing import million_records
from bench.listing.million_records import COUNT
from bench.results import compare, report
from bench.serving import page_json

_LIMIT = 20
_ROUNDS = 15
_CALLS = 5
_OFFSET_ROUNDS = 3
_DELETED = 1000
_OFFSET = """SELECT document FROM generations WHERE state = 'ready'
    ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?"""
_COUNT = "SELECT count(*) FROM generations WHERE state = 'ready'"

Call = Callable[[], object]


def main() -> None:
    """Measure pages, the former queries, pages after deletions, and a page's JSON."""
    file = million_records.file()
    with closing(SqliteRecords(SqliteDatabase(file))) as records:
        _measure_pages(records)
        _measure_without_counters(records)
        _measure_after_deletions(records)
    print(f"\nThe file has {file.stat().st_size / COUNT:.0f} bytes per record.")
    page_json.main()


def _measure_pages(records: SqliteRecords) -> None:
    last = COUNT // _LIMIT
    calls = {
        f"page {number:,}": _page(records, number)
        for number in (100, 1000, 10_000, 25_000, last)
        if number <= last
    }
    for name, number in (("cursor, middle", last // 2), ("cursor, near the end", last - 2)):
        calls[name] = _cursor(records, number)
    for name, number in (("first", 1), ("middle", last // 4), ("end", last // 2)):
        calls[f"owner of half, {name}"] = _page(records, number, owner=million_records.OWNER)
    half = {"owner": million_records.OWNER}
    for name, count, narrowed in (
        ("tag of a third", COUNT // 3, {"tags": (million_records.TAG,)}),
        ("tag of a third, owner of half", COUNT // 6, half | {"tags": (million_records.TAG,)}),
        ("rare tag", COUNT // 1000, {"tags": (million_records.RARE_TAG,)}),
        ("star", COUNT // 10, {"starred": True}),
    ):
        for place, number in (("first", 1), ("end", count // _LIMIT)):
            calls[f"{name}, {place}"] = _page(records, number, **narrowed)
    targets = dict.fromkeys(calls, 3.0) | {"total alone": 1.0}
    calls["total alone"] = lambda: records.page(PageQuery(limit=0))
    searches = _searches(records)
    targets |= dict.fromkeys(searches, 10.0)
    calls = {"page 1": _page(records, 1)} | calls | searches
    _measure("listing", "A page of 20 in a million, SQLite", calls, targets)


def _searches(records: SqliteRecords) -> dict[str, Call]:
    rare = million_records.word(million_records.RARE)
    frequent = [million_records.word(rank) for rank in million_records.FREQUENT]
    return {
        "q, a rare word": _search(records, [rare]),
        "q, a frequent word": _search(records, frequent[:1]),
        "q, three letters": _search(records, ["emo"]),
        "q, a part of seven letters": _search(records, ["akelimo"]),
        "q, three letters and a tag": _search(records, ["emo"], tags=(million_records.TAG,)),
        "a tag and a star": _search(records, [], tags=(million_records.TAG,), starred=True),
        "q, two frequent words": _search(records, frequent),
        "q, a frequent and a rare word": _search(records, [frequent[0], rare]),
        "q, a word without matches": _search(records, ["nowhere"]),
    }


def _measure_without_counters(records: SqliteRecords) -> None:
    """Show what the counters save: OFFSET passes over every record, and so does count."""
    offset = COUNT - _LIMIT

    def query(statement: str, *values: int) -> Call:
        def call() -> None:
            with records._database.connection() as connection:
                connection.execute(statement, values).fetchall()

        return call

    calls = {
        "page 1": _page(records, 1),
        "the last page by OFFSET": query(_OFFSET, _LIMIT, offset),
        "the total by count(*)": query(_COUNT),
    }
    _measure("listing_before", "The same without counters", calls, {}, rounds=_OFFSET_ROUNDS)


def _measure_after_deletions(records: SqliteRecords) -> None:
    rng = random.Random(3)
    deleted: list[ImageRecord] = []
    try:
        for _ in range(_DELETED):
            query = PageQuery(limit=1, offset=rng.randrange(COUNT - _DELETED))
            deleted += records.page(query).records
            records.delete(deleted[-1].id)
        assert records.page(PageQuery(limit=1)).total == COUNT - _DELETED
        numbers = (1, 1000, (COUNT - _DELETED) // _LIMIT)
        calls = {f"page {number:,}": _page(records, number) for number in numbers}
        title = f"After {_DELETED:,} deletions anywhere in the list"
        _measure("listing_deleted", title, calls, dict.fromkeys(list(calls)[1:], 3.0))
    finally:
        for record in deleted:  # the file is kept for the next run
            records.insert(record)


def _page(records: SqliteRecords, number: int, **narrowed: Any) -> Call:
    query = PageQuery(limit=_LIMIT, offset=_LIMIT * (number - 1), **narrowed)

    def call() -> None:
        assert len(records.page(query).records) == _LIMIT

    return call


def _cursor(records: SqliteRecords, number: int) -> Call:
    (record,) = records.page(PageQuery(limit=1, offset=_LIMIT * (number - 1))).records
    assert record.created_at is not None
    after = Position(created_at=record.created_at, id=record.id)
    return lambda: records.page(PageQuery(limit=_LIMIT, after=after))


def _search(records: SqliteRecords, words: list[str], **narrowed: Any) -> Call:
    def call() -> Page:
        return records.page(PageQuery(limit=_LIMIT, words=words, **narrowed))

    found = call()
    print(f"{words}: {found.total}{'' if found.total_exact else ' or more'}")
    return call


def _measure(
    section: str,
    title: str,
    calls: Mapping[str, Call],
    targets: Mapping[str, float],
    rounds: int = _ROUNDS,
) -> None:
    """Measure all calls in turn, round by round; the first is the reference."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            spent[name].append(statistics.median(_seconds(call) for _ in range(_CALLS)))
    reference = next(iter(spent.values()))
    measurements = [
        compare(
            name,
            seconds,
            reference,
            value=f"{1e6 * statistics.median(seconds):.0f} us",
            target=targets.get(name),
        )
        for name, seconds in spent.items()
    ]
    report(section, title, measurements)


def _seconds(call: Call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
