"""What every record store promises about claims and exchanges: who may work on a row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Charged
from app.models import ImageRecord, PageQuery, State
from app.models.prompts import fold
from app.ports import ImageRecords
from tests.support.builders import NOON, a_generation
from tests.support.concurrency.threads import at_once
from tests.support.stores.record_stores import add, ids, with_words

MILLISECOND = timedelta(milliseconds=1)


def test_a_claim_is_taken_once(records: ImageRecords) -> None:
    """A second row with the same claim is refused, and neither row nor words of it are kept."""
    first = a_generation(claim="c", prompt="red fox", tokens=("red",))
    second = a_generation(claim="c", prompt="blue owl", tokens=("blue",))
    assert records.insert(first)
    assert not records.insert(second)
    assert records.get(second.id) is None
    assert records.find("c") == records.get(first.id) == first
    assert records.page(PageQuery(limit=10, words=["blue"])).total == 0
    assert records.insert(replace(second, claim="d"))


def test_a_taken_id_changes_nothing(records: ImageRecords) -> None:
    """A row whose id is taken is refused, and leaves no claim and no word behind."""
    row = with_words("red fox")
    assert records.insert(row)
    assert not records.insert(replace(row, claim="c", tokens=("owl",)))
    assert (records.get(row.id), records.find("c")) == (row, None)
    assert records.page(PageQuery(limit=10, words=["owl"])).total == 0


def test_many_rows_have_no_claim(records: ImageRecords) -> None:
    """Rows without a claim don't get in each other's way, and no claim finds none of them."""
    rows = [a_generation() for _ in range(3)]
    assert all(records.insert(row) for row in rows)
    assert records.compare_and_swap(rows[0], rows[0])
    assert records.find("c") is None
    assert records.page(PageQuery(limit=10)).total == 3


def test_of_many_who_insert_a_claim_one_succeeds(records: ImageRecords) -> None:
    """Eight threads with one claim: one row is there, and it belongs to the one who was told so."""
    rows = [a_generation(claim="c") for _ in range(8)]
    reported = at_once(8, lambda number: records.insert(rows[number]))
    assert sum(reported) == 1
    assert records.find("c") == rows[reported.index(True)]
    assert records.page(PageQuery(limit=10)).total == 1


@pytest.mark.parametrize(
    "change",
    [
        {"state": State.FAILED},
        {"lease_until": NOON + MILLISECOND},
        {"lease_until": NOON - MILLISECOND},
        {"id": "another"},
    ],
    ids=["state", "later", "earlier", "id"],
)
def test_a_row_is_exchanged_only_as_it_was_seen(
    records: ImageRecords, change: dict[str, object]
) -> None:
    """Another state or lease, by a millisecond, or another row: False, and nothing is changed."""
    row = a_generation(state=State.PENDING, lease_until=NOON)
    records.insert(row)
    seen = replace(row, **change)  # type: ignore[arg-type]  # reason: from the table
    assert not records.compare_and_swap(seen, replace(row, prompt="changed"))
    assert records.get(row.id) == row
    assert records.get("another") is None


def test_only_state_and_lease_have_to_be_as_seen(records: ImageRecords) -> None:
    """What else was learnt about a row since does not count, and all of the new row is written."""
    row = a_generation(state=State.PENDING, claim="c")
    records.insert(row)
    seen = ImageRecord(
        id=row.id, state=row.state, requested_at=NOON, lease_until=row.lease_until, tokens=("x",)
    )
    new = replace(row, tokens=("x",), claim="d", charged=Charged.UNKNOWN, lease_until=NOON)
    assert records.compare_and_swap(seen, new)
    assert records.get(row.id) == records.find("d") == new
    assert records.find("c") is None


def test_of_many_who_exchange_a_row_one_succeeds(records: ImageRecords) -> None:
    """Eight threads take over the same row again and again: each time exactly one gets it."""
    row = a_generation(state=State.PENDING, lease_until=NOON)
    records.insert(row)
    for turn in range(1, 6):
        seen = records.get(row.id)
        assert seen is not None
        wishes = [
            replace(seen, lease_until=NOON + turn * MILLISECOND, model=str(number))
            for number in range(8)
        ]
        reported = at_once(8, lambda number: records.compare_and_swap(seen, wishes[number]))  # noqa: B023 - reason: used at once
        assert sum(reported) == 1
        assert records.get(row.id) == wishes[reported.index(True)]


def test_an_exchanged_row_is_found_by_its_new_words(records: ImageRecords) -> None:
    """The old words find it no longer, whatever words the seen row has."""
    row = with_words("red fox")
    records.insert(row)
    for seen in (row, replace(row, tokens=fold("blue owl"))):
        now = records.get(row.id)
        assert now is not None
        records.compare_and_swap(now, replace(row, tokens=("between",)))
        assert records.compare_and_swap(seen, replace(row, tokens=fold("blue owl")))
        assert ids(records.page(PageQuery(limit=9, words=["blue", "owl"])).records) == [row.id]
        for word in ("red", "between"):
            assert records.page(PageQuery(limit=9, words=[word])).total == 0


def test_a_claim_that_was_given_up_is_free(records: ImageRecords) -> None:
    """After an exchange without the claim, or a deletion, another row may have it."""
    first, second, third = (a_generation(claim="c") for _ in range(3))
    records.insert(first)
    assert records.compare_and_swap(first, replace(first, claim=""))
    assert records.insert(second)
    records.delete(second.id)
    assert records.find("c") is None
    assert records.insert(third)


def test_claims_are_plain_text(records: ImageRecords) -> None:
    """A claim that looks like an operator finds nothing but itself."""
    records.insert(a_generation(claim="c"))
    for text in ('{"$gt": ""}', "%", "' OR 1=1 --", "$ne"):
        assert records.find(text) is None
        row = a_generation(claim=text)
        records.insert(row)
        assert records.find(text) == row


def test_times_keep_their_milliseconds(records: ImageRecords) -> None:
    """A lease and a request at any millisecond of the clock come back as they were."""
    times = [datetime(2026, 1, 2, 3, 4, 5, number * 1000, UTC) for number in (1, 249, 501, 999)]
    rows = [
        a_generation(lease_until=time, requested_at=time, state=State.PENDING) for time in times
    ]
    add(records, rows)
    for row in rows:
        assert records.get(row.id) == row
        assert records.compare_and_swap(row, row)
