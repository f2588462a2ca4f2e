"""`python -m bench.listing.listing`: list pages at a million SQLite rows."""

import random
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import closing

from app.models import ImageRecord, Page, PageQuery, Position
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from bench.listing import million_records
from bench.results import Row, report
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
    """Measure and report."""
    file = million_records.file()
    with closing(SqliteRecords(SqliteDatabase(file))) as records:
        _report_pages(records)
        _report_old_ways(records)
        _report_deleted(records)
    print(f"\nThe file has {file.stat().st_size / million_records.COUNT:.0f} bytes a row.")
    page_json.main()


def _report_pages(records: SqliteRecords) -> None:
    last = million_records.COUNT // _LIMIT
    pages = {f"page {number:,}": (number, 3.0) for number in (100, 1000, 10_000, 25_000, last)}
    calls = {name: _page(records, number) for name, (number, _) in pages.items()}
    most = {name: target for name, (_, target) in pages.items()}
    for name, number in (("cursor, middle", last // 2), ("cursor, near the end", last - 2)):
        calls[name], most[name] = _cursor(records, number), 3.0
    for name, number in (("first", 1), ("middle", last // 4), ("end", last // 2)):
        shown = f"owner of half, {name}"
        calls[shown], most[shown] = _page(records, number, million_records.OWNER), 3.0
    calls["total alone"], most["total alone"] = lambda: records.page(PageQuery(limit=0)), 1.0
    rare, frequent = (
        million_records.word(million_records.RARE),
        [million_records.word(n) for n in million_records.FREQUENT],
    )
    for name, words in (
        ("q, a rare word", [rare]),
        ("q, a frequent word", frequent[:1]),
        ("q, two frequent words", frequent),
        ("q, a frequent and a rare word", [frequent[0], rare]),
        ("q, a word that nothing has", ["nowhere"]),
    ):
        calls[name], most[name] = _search(records, words), 10.0
    _report(
        "listing", "A page of 20 in a million, SQLite", {"page 1": _page(records, 1)} | calls, most
    )


def _report_old_ways(records: SqliteRecords) -> None:
    """Show what the kept counts are for: OFFSET passes over every row, and so does count."""
    offset = million_records.COUNT - _LIMIT

    def ask(question: str, *values: int) -> Call:
        def call() -> None:
            with records._database.connection() as connection:
                connection.execute(question, values).fetchall()

        return call

    calls = {
        "page 1": _page(records, 1),
        "the last page by OFFSET": ask(_OFFSET, _LIMIT, offset),
        "the total by count(*)": ask(_COUNT),
    }
    _report("listing_before", "The same without kept counts", calls, {}, rounds=_OFFSET_ROUNDS)


def _report_deleted(records: SqliteRecords) -> None:
    rng = random.Random(3)
    gone: list[ImageRecord] = []
    try:
        for _ in range(_DELETED):
            gone += records.page(
                PageQuery(limit=1, offset=rng.randrange(million_records.COUNT - _DELETED))
            ).records
            records.delete(gone[-1].id)
        assert records.page(PageQuery(limit=1)).total == million_records.COUNT - _DELETED
        numbers = (1, 1000, 25_000, (million_records.COUNT - _DELETED) // _LIMIT)
        calls = {f"page {number:,}": _page(records, number) for number in numbers}
        title = f"After {_DELETED:,} deletions anywhere in the list"
        _report("listing_deleted", title, calls, dict.fromkeys(list(calls)[1:], 3.0))
    finally:
        for row in gone:  # the file is kept for the next time
            records.insert(row)


def _page(records: SqliteRecords, number: int, owner: str | None = None) -> Call:
    offset = _LIMIT * (number - 1)

    def call() -> None:
        assert (
            len(records.page(PageQuery(limit=_LIMIT, offset=offset, owner=owner)).records) == _LIMIT
        )

    return call


def _cursor(records: SqliteRecords, number: int) -> Call:
    (row,) = records.page(PageQuery(limit=1, offset=_LIMIT * (number - 1))).records
    assert row.created_at is not None
    after = Position(created_at=row.created_at, id=row.id)
    return lambda: records.page(PageQuery(limit=_LIMIT, after=after))


def _search(records: SqliteRecords, words: list[str]) -> Call:
    def call() -> Page:
        return records.page(PageQuery(limit=_LIMIT, words=words))

    found = call()
    print(f"{words}: {found.total}{'' if found.total_exact else ' or more'}")
    return call


def _report(
    section: str,
    title: str,
    calls: Mapping[str, Call],
    most: Mapping[str, float],
    rounds: int = _ROUNDS,
) -> None:
    """Measure all calls in turn, round by round; the first is the reference."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            spent[name].append(statistics.median(_seconds(call) for _ in range(_CALLS)))
    reference = next(iter(spent.values()))
    rows = []
    for name, seconds in spent.items():
        ratios = [one / other for one, other in zip(seconds, reference, strict=True)]
        rows.append(
            Row(
                name=name,
                ratio=statistics.median(ratios),
                most=most.get(name),
                low=min(ratios),
                high=max(ratios),
                value=f"{1e6 * statistics.median(seconds):.0f} us",
            )
        )
    report(section, title, rows)


def _seconds(call: Call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
