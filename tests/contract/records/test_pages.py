"""Order, pages, totals and search, on every record store."""

import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest

from app.models import ImageRecord, PageQuery
from app.models.prompts import fold
from app.ports import ImageRecords
from tests.support.builders import NOON, a_record
from tests.support.stores.record_stores import (
    add,
    ids,
    owned_by,
    position_after,
    some_records,
    with_prompt,
)


def test_records_are_sorted_by_time_and_id(store: ImageRecords) -> None:
    """The newest come first; records of the same time are in a fixed order."""
    records = some_records(10)
    add(store, records)
    assert list(store.page(PageQuery(limit=100)).records) == records


LIMITS = (1, 4, 7, 20, 21, 50)


def test_pages_by_offset_cover_each_record_once(store: ImageRecords) -> None:
    """Consecutive pages return all records in order, with the right total and end."""
    records = some_records(20)
    add(store, records)
    for limit in LIMITS:
        seen: list[str] = []
        for offset in range(0, len(records), limit):
            page = store.page(PageQuery(limit=limit, offset=offset))
            assert page.total == 20
            assert page.more == (offset + limit < 20)
            seen += ids(page.records)
        assert seen == ids(records), limit


def test_pages_by_position_cover_each_record_once(store: ImageRecords) -> None:
    """Continuing after the last record returns all records, also among equal times."""
    records = some_records(20)
    add(store, records)
    for limit in LIMITS:
        seen: list[str] = []
        after, more = None, True
        while more:
            page = store.page(PageQuery(limit=limit, after=after))
            assert page.total == 20
            assert 0 < len(page.records) <= limit
            seen += ids(page.records)
            after, more = position_after(page.records[-1]), page.more
        assert seen == ids(records), limit


def test_pages_by_position_are_stable_under_inserts(store: ImageRecords) -> None:
    """Records that are inserted while a client pages neither repeat nor hide others."""
    records = some_records(6)
    add(store, records)
    first = store.page(PageQuery(limit=3))
    store.insert(a_record(created_at=NOON + timedelta(days=1)))
    store.delete(first.records[-1].id)
    assert ids(
        store.page(PageQuery(limit=3, after=position_after(first.records[-1]))).records
    ) == ids(records[3:])


def test_a_page_past_the_end_is_empty(store: ImageRecords) -> None:
    """Neither a large offset nor a position after the oldest record is an error."""
    assert store.page(PageQuery(limit=5)).records == []
    records = some_records(3)
    add(store, records)
    places = ({"offset": 3}, {"offset": 10**9}, {"after": position_after(records[-1])})
    for place in places:
        page = store.page(PageQuery(limit=5, **place))
        assert (list(page.records), page.total, page.more) == ([], 3, False)


def test_a_search_needs_all_words(store: ImageRecords) -> None:
    """Words match in any order, and parts of words from three letters on."""
    both, one, other = (
        with_prompt("A red fox"),
        with_prompt("Red foxglove"),
        with_prompt("blue fox"),
    )
    add(store, [both, one, other])
    for text, found in [
        ("red", [both, one]),
        ("FOX réd", [both, one]),
        ("fox", [both, one, other]),
        ("red fox", [both, one]),
        ("xgl", [one]),
        ("oxglove", [one]),
        ("fo", [both, one, other]),  # two letters begin a word
        ("ox", []),
        ("a", [both]),  # one letter is a word
        ("f", []),
        ("red fox green", []),
    ]:
        page = store.page(PageQuery(limit=10, words=fold(text)))
        assert set(ids(page.records)) == set(ids(found))
        assert page.total == len(found)


def test_a_part_has_to_be_in_one_word(store: ImageRecords) -> None:
    """A record with all letters of a part in other places does not match, nor is it counted."""
    whole = with_prompt("foxgloves 红色的狐狸")
    pieces = with_prompt("foxes glory oven 红色 色的狐 的狐狸")
    add(store, [whole, pieces])
    for part in ("foxglove", "oxgloves", "红色的", "红色的狐狸", "的狐狸"):
        page = store.page(PageQuery(limit=10, words=fold(part)))
        expected = [whole, pieces] if part == "的狐狸" else [whole]
        assert set(ids(page.records)) == set(ids(expected)), part
        assert (page.total, page.total_exact) == (len(expected), True)


UNSPACED = {
    "Chinese": (
        "一只红色的狐狸在雪地里",
        ["狐狸", "红色", "雪地里", "狐", "红色的狐狸"],
        ["红狐", "狸狐", "猫"],
    ),
    "Japanese": (
        "赤いキツネが森を走る",
        ["キツネ", "ツネ", "森を", "ｷﾂﾈ", "赤い"],
        ["ネキ", "カツ"],
    ),
    "Korean": (
        "눈 속의 붉은 여우가 달린다",
        ["여우", "붉은", "우가", "여우 붉은"],
        ["여붉", "여운"],
    ),
    "Thai": ("จิ้งจอกสีแดงในหิมะ", ["จิ้งจอก", "สีแดง", "แดง", "หิมะ"], ["แมว", "ดงสี"]),
    "mixed": (
        "iPhone手机壳2个",
        ["手机", "iphone", "机壳2", "个 iPhone", "phone"],
        ["壳手", "phones"],
    ),
}


@pytest.mark.parametrize("script", UNSPACED)
def test_text_without_spaces_is_found_by_parts(store: ImageRecords, script: str) -> None:
    """Parts of two characters and more find a prompt, with exact totals; others don't."""
    prompt, parts, others = UNSPACED[script]
    records = [with_prompt(prompt), with_prompt(prompt[:-3]), with_prompt("A red fox")]
    add(store, records)
    for part in (*parts, *others):
        page = store.page(PageQuery(limit=10, words=fold(part)))
        expected = [record for record in records[:2] if part in parts and _has(record, part)]
        assert set(ids(page.records)) == set(ids(expected)), part
        assert (page.total, page.total_exact) == (len(expected), True)
    assert store.page(PageQuery(limit=10, words=fold(parts[0]))).total > 0


def _has(record: ImageRecord, part: str) -> bool:
    """Return whether a prompt contains each word of a search, written in full."""
    folded = [unicodedata.normalize("NFKC", text).casefold() for text in (record.prompt, part)]
    return all(word in folded[0] for word in folded[1].split())


def test_a_search_has_pages(store: ImageRecords) -> None:
    """Pages, total and end count the matching records, by offset and by position."""
    records = [
        replace(record, tokens=("fox",) if n % 2 else ())
        for n, record in enumerate(some_records(10))
    ]
    add(store, records)
    matching = records[1::2]
    first = store.page(PageQuery(limit=3, words=["fox"]))
    assert (ids(first.records), first.total, first.more) == (ids(matching[:3]), 5, True)
    for place in (3, position_after(first.records[-1])):
        after, offset = (None, place) if isinstance(place, int) else (place, 0)
        rest = store.page(PageQuery(limit=3, words=["fox"], after=after, offset=offset))
        assert (ids(rest.records), rest.total, rest.more) == (ids(matching[3:]), 5, False)


def test_each_owner_has_a_separate_list(store: ImageRecords) -> None:
    """Records, total, end, search and positions only cover the owner's records."""
    records = [
        replace(
            record, owner=("ann", "bob", "")[n % 3], tokens=("fox", "red") if n % 2 else ("fox",)
        )
        for n, record in enumerate(some_records(24))
    ]
    add(store, records)
    for owner in ("ann", "bob"):
        theirs = [record for record in records if record.owner == owner]
        assert list(store.page(PageQuery(limit=99, owner=owner)).records) == theirs
        for words, matching in (
            ((), theirs),
            (("fox",), theirs),
            (("red", "fox"), [record for record in theirs if "red" in record.tokens]),
        ):
            by_number = store.page(PageQuery(limit=2, offset=1, words=words, owner=owner))
            assert ids(by_number.records) == ids(matching[1:3])
            assert (by_number.total, by_number.more) == (len(matching), True)
            # The position may be after another owner's record.
            following = store.page(
                PageQuery(limit=99, after=position_after(records[11]), words=words, owner=owner)
            )
            older = [record for record in matching if record in records[12:]]
            assert (ids(following.records), following.total) == (ids(older), len(matching))
    assert store.page(PageQuery(limit=99)).total == 24


@pytest.mark.parametrize("words", [(), ("fox",)])
def test_an_owner_without_records_has_an_empty_list(
    store: ImageRecords, words: tuple[str, ...]
) -> None:
    """An id that is similar to another owner's, or part of it, matches nothing."""
    add(store, owned_by("ann", some_records(2)) + some_records(2))
    for owner in ("bob", "ANN", "an", "616e6e"):
        page = store.page(PageQuery(limit=9, words=words, owner=owner))
        assert (list(page.records), page.total, page.more) == ([], 0, False)


def test_the_owner_token_is_hidden(store: ImageRecords) -> None:
    """The record is read as it was written, and no search for the owner's id finds it."""
    (record,) = owned_by("ann", [a_record()])
    store.insert(record)
    assert store.get(record.id) == record
    for word in ("ann", "616e6e", "owner"):
        assert store.page(PageQuery(limit=9, words=[word])).records == []
