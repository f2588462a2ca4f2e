"""The list pages and searches that are measured, on any record store, with exact totals."""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from app.models import Position
from app.models.pages import Page, PageQuery
from app.ports.records import ImageRecords
from bench.listing import million_records
from bench.listing.million_records import OWNER, RARE_TAG, ROOT, TAG
from bench.results import Measurement, compare, report

LIMIT = 20
_ROUNDS = 15
_CALLS = 5

Call = Callable[[], object]


class Narrowed(NamedTuple):
    """A list: what it is called, its filters, and which records it has, by their numbers."""

    name: str
    filters: Mapping[str, Any]
    contains: Callable[[int], bool]


LISTS = (
    Narrowed("owner of half", {"owner": OWNER}, lambda n: n % 2 == 1),
    Narrowed("tag of a third", {"tags": (TAG,)}, lambda n: n % 3 == 0),
    Narrowed(
        "tag of a third, owner of half",
        {"tags": (TAG,), "owner": OWNER},
        lambda n: n % 6 == 3,
    ),
    Narrowed("rare tag", {"tags": (RARE_TAG,)}, lambda n: n % 1000 == 0),
    Narrowed("star", {"starred": True}, lambda n: n % 10 == 0),
    Narrowed("verdict of a fifth", {"verdict": "check"}, lambda n: n % 5 == 0),
    Narrowed("root of a twentieth", {"root": ROOT}, lambda n: n % 20 == 0),
)


def pages(records: ImageRecords, count: int) -> dict[str, Call]:
    """Return calls of pages of the whole list, of narrowed lists, and of a group."""
    last = count // LIMIT
    numbers = [number for number in (100, 1000, 10_000, 25_000) if number < last]
    calls = {f"page {number:,}": page(records, number) for number in (*numbers, last)}
    for name, number in (("cursor, middle", last // 2), ("cursor, near the end", last - 2)):
        calls[name] = _cursor(records, number)
    for narrowed in LISTS:
        calls |= _first_middle_last(records, count, narrowed)
    group = PageQuery(limit=LIMIT, group=million_records.group_id(count // 80))
    assert records.page(group).total == million_records.GROUP
    return calls | {"group of four": partial(records.page, group)}


def searches(records: ImageRecords) -> dict[str, Call]:
    """Return calls of searches, and of several filters together."""
    rare = million_records.word(million_records.RARE)
    frequent = [million_records.word(rank) for rank in million_records.FREQUENT]
    return {
        "q, a rare word": _search(records, rare),
        "q, a frequent word": _search(records, frequent[0]),
        "q, three letters": _search(records, "emo"),
        "q, a part of seven letters": _search(records, "akelimo"),
        "q, a part without matches": _search(records, "akelimoz"),
        "q, three letters and a tag": _search(records, "emo", tags=(TAG,)),
        "q, a word and a rare tag": _search(records, frequent[0], tags=(RARE_TAG,)),
        "q, a rare word and a tag": _search(records, rare, tags=(TAG,)),
        "a tag and a star": _search(records, tags=(TAG,), starred=True),
        "q, two frequent words": _search(records, *frequent),
        "q, a frequent and a rare word": _search(records, frequent[0], rare),
        "q, a word without matches": _search(records, "nowhere"),
    }


def total(records: ImageRecords) -> Call:
    """Return the call of a total without a page."""
    return partial(records.page, PageQuery(limit=0))


def first_page(records: ImageRecords) -> Call:
    """Return the call of page 1, the reference of all others."""
    return page(records, 1)


def page(records: ImageRecords, number: int, **filters: Any) -> Call:
    """Return the call of a page, which is full unless it is the only one."""
    query = PageQuery(limit=LIMIT, offset=LIMIT * (number - 1), **filters)

    def call() -> None:
        found = records.page(query)
        assert len(found.records) == min(LIMIT, found.total)

    return call


def measure(
    section: str,
    title: str,
    reference: Call,
    calls: Mapping[str, Call],
    *,
    targets: Mapping[str, float],
    rounds: int = _ROUNDS,
    clock: Callable[[], float] = time.thread_time,
) -> None:
    """Measure each call in turn with page 1, print it, and report the table at the end.

    The clock is the processor time of this thread, in which SQLite works.
    """
    print(f"\n{title}")
    measurements = []
    for name, call in {"page 1": reference, **calls}.items():
        pairs = [(_median(reference, clock), _median(call, clock)) for _ in range(rounds)]
        measurements.append(_measurement(name, pairs, targets.get(name)))
        print(f"{name:<40}{measurements[-1].ratio:>8.2f}  {measurements[-1].value}", flush=True)
    report(section, title, measurements)


def _measurement(name: str, pairs: list[tuple[float, float]], target: float | None) -> Measurement:
    references, seconds = zip(*pairs, strict=True)
    value = f"{1e6 * statistics.median(seconds):.0f} us"
    return compare(name, seconds, references, value=value, target=target)


def _first_middle_last(records: ImageRecords, count: int, narrowed: Narrowed) -> dict[str, Call]:
    listed = sum(map(narrowed.contains, range(count)))
    last = max(1, listed // LIMIT)
    assert records.page(PageQuery(limit=0, **narrowed.filters)).total == listed
    return {
        f"{narrowed.name}, {place}": page(records, number, **narrowed.filters)
        for place, number in (("first", 1), ("middle", max(1, last // 2)), ("last", last))
    }


def _cursor(records: ImageRecords, number: int) -> Call:
    (record,) = records.page(PageQuery(limit=1, offset=LIMIT * (number - 1))).records
    assert record.created_at is not None
    after = Position(created_at=record.created_at, id=record.id)
    return partial(records.page, PageQuery(limit=LIMIT, after=after))


def _search(records: ImageRecords, *words: str, **filters: Any) -> Call:
    def call() -> Page:
        return records.page(PageQuery(limit=LIMIT, words=words, **filters))

    began = time.thread_time()
    found = call()
    more = "" if found.total_exact else " or more"
    print(
        f"{words} {filters}: {found.total}{more}, {time.thread_time() - began:.4f} s of CPU time",
        flush=True,
    )
    return call


def _median(call: Call, clock: Callable[[], float]) -> float:
    return statistics.median(_seconds(call, clock) for _ in range(_CALLS))


def _seconds(call: Call, clock: Callable[[], float]) -> float:
    began = clock()
    call()
    return clock() - began
