"""What every record store promises about its list: order, pages, totals, words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.models import PageQuery
from app.models.prompts import fold
from app.ports import ImageRecords
from tests.support.builders import NOON, a_generation
from tests.support.stores.record_stores import add, ids, owned_by, place_of, some_rows, with_words


def test_the_newest_come_first_and_ids_decide_between_equals(records: ImageRecords) -> None:
    """The order is fixed even where several rows have the same time."""
    rows = some_rows(10)
    add(records, rows)
    assert list(records.page(PageQuery(limit=100)).records) == rows


LIMITS = (1, 4, 7, 20, 21, 50)


def test_pages_by_number_cover_each_row_once(records: ImageRecords) -> None:
    """Going from page to page shows all rows in order, with the right total and end."""
    rows = some_rows(20)
    add(records, rows)
    for limit in LIMITS:
        seen: list[str] = []
        for offset in range(0, len(rows), limit):
            page = records.page(PageQuery(limit=limit, offset=offset))
            assert page.total == 20
            assert page.more == (offset + limit < 20)
            seen += ids(page.records)
        assert seen == ids(rows), limit


def test_pages_by_position_cover_each_row_once(records: ImageRecords) -> None:
    """Going on behind the last row shows all rows in order, also among equal times."""
    rows = some_rows(20)
    add(records, rows)
    for limit in LIMITS:
        seen: list[str] = []
        after, more = None, True
        while more:
            page = records.page(PageQuery(limit=limit, after=after))
            assert page.total == 20
            assert 0 < len(page.records) <= limit
            seen += ids(page.records)
            after, more = place_of(page.records[-1]), page.more
        assert seen == ids(rows), limit


def test_a_new_row_does_not_disturb_who_pages_by_position(records: ImageRecords) -> None:
    """Rows that come while someone pages neither repeat nor hide another row."""
    rows = some_rows(6)
    add(records, rows)
    first = records.page(PageQuery(limit=3))
    records.insert(a_generation(created_at=NOON + timedelta(days=1)))
    records.delete(first.records[-1].id)
    assert ids(records.page(PageQuery(limit=3, after=place_of(first.records[-1]))).records) == ids(
        rows[3:]
    )


def test_a_page_past_the_end_is_empty(records: ImageRecords) -> None:
    """Neither a large offset nor a place behind the oldest row is an error."""
    assert records.page(PageQuery(limit=5)).records == []
    rows = some_rows(3)
    add(records, rows)
    places = ({"offset": 3}, {"offset": 10**9}, {"after": place_of(rows[-1])})
    for place in places:
        page = records.page(PageQuery(limit=5, **place))
        assert (list(page.records), page.total, page.more) == ([], 3, False)


def test_words_have_to_be_there_all_of_them(records: ImageRecords) -> None:
    """Rows are found by all the words together, in any order, and by whole words only."""
    both, one, other = with_words("A red fox"), with_words("Red foxglove"), with_words("blue fox")
    add(records, [both, one, other])
    for text, found in [
        ("red", [both, one]),
        ("red fox", [both]),
        ("FOX réd", [both]),
        ("fox", [both, other]),
        ("fo", []),
        ("red fox green", []),
    ]:
        page = records.page(PageQuery(limit=10, words=fold(text)))
        assert set(ids(page.records)) == set(ids(found))
        assert page.total == len(found)


def test_pages_of_found_rows_are_pages_too(records: ImageRecords) -> None:
    """Paging, totals and the end count the rows that match, by number and by position."""
    rows = [replace(row, tokens=("fox",) if n % 2 else ()) for n, row in enumerate(some_rows(10))]
    add(records, rows)
    matching = rows[1::2]
    first = records.page(PageQuery(limit=3, words=["fox"]))
    assert (ids(first.records), first.total, first.more) == (ids(matching[:3]), 5, True)
    for place in (3, place_of(first.records[-1])):
        after, offset = (None, place) if isinstance(place, int) else (place, 0)
        rest = records.page(PageQuery(limit=3, words=["fox"], after=after, offset=offset))
        assert (ids(rest.records), rest.total, rest.more) == (ids(matching[3:]), 5, False)


def test_an_owner_has_a_list_of_their_own(records: ImageRecords) -> None:
    """Rows, total, end, words and any place in the list are the owner's; others' are not there."""
    rows = [
        replace(row, owner=("ann", "bob", "")[n % 3], tokens=("fox", "red") if n % 2 else ("fox",))
        for n, row in enumerate(some_rows(24))
    ]
    add(records, rows)
    for owner in ("ann", "bob"):
        theirs = [row for row in rows if row.owner == owner]
        assert list(records.page(PageQuery(limit=99, owner=owner)).records) == theirs
        for words, chosen in (
            ((), theirs),
            (("fox",), theirs),
            (("red", "fox"), [row for row in theirs if "red" in row.tokens]),
        ):
            by_number = records.page(PageQuery(limit=2, offset=1, words=words, owner=owner))
            assert ids(by_number.records) == ids(chosen[1:3])
            assert (by_number.total, by_number.more) == (len(chosen), True)
            # The place may be behind a row of somebody else.
            behind = records.page(
                PageQuery(limit=99, after=place_of(rows[11]), words=words, owner=owner)
            )
            older = [row for row in chosen if row in rows[12:]]
            assert (ids(behind.records), behind.total) == (ids(older), len(chosen))
    assert records.page(PageQuery(limit=99)).total == 24


@pytest.mark.parametrize("words", [(), ("fox",)])
def test_who_owns_nothing_sees_nothing(records: ImageRecords, words: tuple[str, ...]) -> None:
    """Neither an id that looks much the same has another's rows, nor has a part of one."""
    add(records, owned_by("ann", some_rows(2)) + some_rows(2))
    for owner in ("bob", "ANN", "an", "616e6e"):
        page = records.page(PageQuery(limit=9, words=words, owner=owner))
        assert (list(page.records), page.total, page.more) == ([], 0, False)


def test_how_an_owner_is_noted_is_no_word_of_the_row(records: ImageRecords) -> None:
    """The row comes back as it was, and is found by none of the words that hold its owner's id."""
    (row,) = owned_by("ann", [a_generation()])
    records.insert(row)
    assert records.get(row.id) == row
    for word in ("ann", "616e6e", "owner"):
        assert records.page(PageQuery(limit=9, words=[word])).records == []
