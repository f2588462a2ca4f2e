"""Claims and compare-and-swap, on every record store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Charged
from app.models import ImageRecord, PageQuery, State
from app.models.prompts import fold
from app.ports import ImageRecords
from tests.support.builders import NOON, a_record
from tests.support.concurrency.threads import in_threads
from tests.support.stores.record_stores import add, ids, with_prompt

MILLISECOND = timedelta(milliseconds=1)


def test_a_claim_is_unique(store: ImageRecords) -> None:
    """A second record with the same claim is refused, and none of it is stored."""
    first = a_record(claim="c", prompt="red fox", tokens=("red",))
    second = a_record(claim="c", prompt="blue owl", tokens=("blue",))
    assert store.insert(first)
    assert not store.insert(second)
    assert store.get(second.id) is None
    assert store.find("c") == store.get(first.id) == first
    assert store.page(PageQuery(limit=10, words=["blue"])).total == 0
    assert store.insert(replace(second, claim="d"))


def test_a_taken_id_changes_nothing(store: ImageRecords) -> None:
    """A record whose id is taken is refused, and stores neither claim nor tokens."""
    record = with_prompt("red fox")
    assert store.insert(record)
    assert not store.insert(replace(record, claim="c", tokens=("owl",)))
    assert (store.get(record.id), store.find("c")) == (record, None)
    assert store.page(PageQuery(limit=10, words=["owl"])).total == 0


def test_any_number_of_records_may_have_no_claim(store: ImageRecords) -> None:
    """Records without a claim don't conflict, and no claim finds them."""
    records = [a_record() for _ in range(3)]
    assert all(store.insert(record) for record in records)
    assert store.compare_and_swap(records[0], records[0])
    assert store.find("c") is None
    assert store.page(PageQuery(limit=10)).total == 3


def test_one_of_many_concurrent_inserts_of_a_claim_succeeds(store: ImageRecords) -> None:
    """Of eight threads one gets True, and its record is the one stored."""
    records = [a_record(claim="c") for _ in range(8)]
    results = in_threads(8, lambda number: store.insert(records[number]))
    assert sum(results) == 1
    assert store.find("c") == records[results.index(True)]
    assert store.page(PageQuery(limit=10)).total == 1


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
def test_a_swap_needs_the_same_state_and_lease(
    store: ImageRecords, change: dict[str, object]
) -> None:
    """A different state, lease (by a millisecond) or id returns False and changes nothing."""
    record = a_record(state=State.PENDING, lease_until=NOON)
    store.insert(record)
    expected = replace(record, **change)  # type: ignore[arg-type]  # reason: from the table
    assert not store.compare_and_swap(expected, replace(record, prompt="changed"))
    assert store.get(record.id) == record
    assert store.get("another") is None


def test_only_state_and_lease_are_compared(store: ImageRecords) -> None:
    """Other fields may differ, and all of the new record is written."""
    record = a_record(state=State.PENDING, claim="c")
    store.insert(record)
    seen = ImageRecord(
        id=record.id,
        state=record.state,
        requested_at=NOON,
        lease_until=record.lease_until,
        tokens=("x",),
    )
    new = replace(record, tokens=("x",), claim="d", charged=Charged.UNKNOWN, lease_until=NOON)
    assert store.compare_and_swap(seen, new)
    assert store.get(record.id) == store.find("d") == new
    assert store.find("c") is None


def test_one_of_many_concurrent_swaps_succeeds(store: ImageRecords) -> None:
    """Of eight threads that swap the same record, exactly one gets True, in each round."""
    record = a_record(state=State.PENDING, lease_until=NOON)
    store.insert(record)
    for turn in range(1, 6):
        seen = store.get(record.id)
        assert seen is not None
        candidates = [
            replace(seen, lease_until=NOON + turn * MILLISECOND, model=str(number))
            for number in range(8)
        ]
        results = in_threads(
            8,
            lambda number: store.compare_and_swap(seen, candidates[number]),  # noqa: B023 - reason: used in this round only
        )
        assert sum(results) == 1
        assert store.get(record.id) == candidates[results.index(True)]


def test_a_swapped_record_is_found_by_its_new_tokens(store: ImageRecords) -> None:
    """Its old tokens don't find it, whatever tokens the expected record has."""
    record = with_prompt("red fox")
    store.insert(record)
    for seen in (record, replace(record, tokens=fold("blue owl"))):
        now = store.get(record.id)
        assert now is not None
        store.compare_and_swap(now, replace(record, tokens=("between",)))
        assert store.compare_and_swap(seen, replace(record, tokens=fold("blue owl")))
        assert ids(store.page(PageQuery(limit=9, words=["blue", "owl"])).records) == [record.id]
        for word in ("red", "between"):
            assert store.page(PageQuery(limit=9, words=[word])).total == 0


def test_a_removed_claim_can_be_used_again(store: ImageRecords) -> None:
    """It is free after a swap that removes it, and after a deletion."""
    first, second, third = (a_record(claim="c") for _ in range(3))
    store.insert(first)
    assert store.compare_and_swap(first, replace(first, claim=""))
    assert store.insert(second)
    store.delete(second.id)
    assert store.find("c") is None
    assert store.insert(third)


def test_claims_are_plain_text(store: ImageRecords) -> None:
    """A claim that looks like a query operator only matches itself."""
    store.insert(a_record(claim="c"))
    for text in ('{"$gt": ""}', "%", "' OR 1=1 --", "$ne"):
        assert store.find(text) is None
        record = a_record(claim=text)
        store.insert(record)
        assert store.find(text) == record


def test_times_keep_their_milliseconds(store: ImageRecords) -> None:
    """A lease and a request time are read with the millisecond that was written."""
    times = [datetime(2026, 1, 2, 3, 4, 5, number * 1000, UTC) for number in (1, 249, 501, 999)]
    records = [a_record(lease_until=time, requested_at=time, state=State.PENDING) for time in times]
    add(store, records)
    for record in records:
        assert store.get(record.id) == record
        assert store.compare_and_swap(record, record)
