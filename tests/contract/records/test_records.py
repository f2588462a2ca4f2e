"""Inserting, reading, listing and deleting, on every record store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Charged
from app.models import ImageRecord, PageQuery, Position, State
from app.ports import ImageRecords
from tests.support.builders import NOON, a_record
from tests.support.stores.record_stores import add, ids, with_prompt

OPERATORS = ['{"$gt": ""}', "$where", "$ne", "a.b", "'; DROP TABLE generations; --", "%", "*"]


@pytest.mark.parametrize("state", State)
def test_a_record_is_read_as_it_was_inserted(store: ImageRecords, state: State) -> None:
    """Every field is kept, times to the millisecond, in every state."""
    precise = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
    record = a_record(
        state=state,
        created_at=precise,
        requested_at=precise,
        error="a_code",
        cutout_options={"holes": "keep:2;cut:1", "shadow": "keep", "tolerance": 4, "mask": "iVBO"},
        parent="00000000-0000-4000-8000-000000000001",
        replaced_by="00000000-0000-4000-8000-000000000002",
    )
    store.insert(record)
    assert store.get(record.id) == record


def test_a_record_without_an_image_is_read_as_it_was_inserted(store: ImageRecords) -> None:
    """A record with the required fields only is kept too."""
    record = ImageRecord(id="x", state=State.PENDING, requested_at=NOON, lease_until=NOON)
    store.insert(record)
    assert store.get("x") == record


def test_an_unknown_id_is_none(store: ImageRecords) -> None:
    """A record that was never inserted is None, and no error."""
    store.insert(a_record())
    assert store.get("00000000-0000-0000-0000-000000000000") is None


def test_a_swap_replaces_the_whole_record(store: ImageRecords) -> None:
    """The record is exactly what was written last, and others are unchanged."""
    pending = a_record(state=State.PENDING, created_at=None, original=None, image=None)
    other = a_record()
    add(store, [pending, other])
    ready = a_record(id=pending.id, charged=Charged.YES)
    assert store.compare_and_swap(pending, ready)
    assert store.get(pending.id) == ready
    assert store.get(other.id) == other
    assert store.page(PageQuery(limit=10)).total == 2


def test_an_id_is_unique(store: ImageRecords) -> None:
    """A second insert of an id is refused and leaves the first record unchanged."""
    record = a_record()
    store.insert(record)
    assert not store.insert(replace(record, prompt="another"))
    assert store.get(record.id) == record


def test_a_deleted_record_stays_deleted(store: ImageRecords) -> None:
    """It is neither found nor listed, and a late update can't restore it."""
    gone, kept = with_prompt("red fox"), with_prompt("red owl")
    add(store, [gone, kept])
    store.delete(gone.id)
    store.delete(gone.id)
    assert not store.compare_and_swap(gone, gone)
    assert store.get(gone.id) is None
    assert ids(store.page(PageQuery(limit=10)).records) == [kept.id]
    assert store.page(PageQuery(limit=10, words=["red"])).total == 1


def test_only_ready_records_are_listed(store: ImageRecords) -> None:
    """Records in other states are neither listed nor counted."""
    records = {state: with_prompt("fox", state) for state in State}
    add(store, list(records.values()))
    for page in (
        store.page(PageQuery(limit=10)),
        store.page(PageQuery(limit=10, words=["fox"])),
    ):
        assert (ids(page.records), page.total, page.more) == ([records[State.READY].id], 1, False)


def test_a_record_is_listed_once_it_is_ready(store: ImageRecords) -> None:
    """It is then first in the list, and found by its words."""
    older, pending = with_prompt("red fox"), with_prompt("red owl", State.PENDING)
    add(store, [older, pending])
    later = NOON + timedelta(seconds=1)
    store.compare_and_swap(pending, replace(pending, state=State.READY, created_at=later))
    assert ids(store.page(PageQuery(limit=10)).records) == [pending.id, older.id]
    assert ids(store.page(PageQuery(limit=10, words=["owl"])).records) == [pending.id]


def test_a_replaced_record_leaves_the_list(store: ImageRecords) -> None:
    """It is neither listed nor counted, for everyone and for its owner, but can be read."""
    old, new = (replace(with_prompt(text), owner="ann") for text in ("red fox", "red owl"))
    add(store, [old, new])
    version = store.version()
    assert store.compare_and_swap(old, old.replaced(new.id, NOON))
    for query in (PageQuery(limit=10), PageQuery(limit=10, owner="ann")):
        page = store.page(query)
        assert (ids(page.records), page.total) == ([new.id], 1)
        assert ids(store.page(replace(query, words=["red"])).records) == [new.id]
    assert store.version() != version
    assert store.recount(fix=False) == 0
    assert store.get(old.id) == old.replaced(new.id, NOON)


@pytest.mark.parametrize("text", OPERATORS)
def test_query_operators_are_plain_text(store: ImageRecords, text: str) -> None:
    """No text of a caller is interpreted as part of a query."""
    unusual, usual = a_record(id=text, prompt=text, tokens=(text,)), a_record()
    add(store, [unusual, usual])
    assert store.get(text) == unusual
    assert ids(store.page(PageQuery(limit=10, words=[text])).records) == [text]
    position = Position(created_at=NOON + timedelta(days=1), id=text)
    assert store.page(PageQuery(limit=10, after=position)).total == 2
    store.delete(text)
    assert ids(store.page(PageQuery(limit=10)).records) == [usual.id]


def test_a_working_store_responds_to_ping(store: ImageRecords) -> None:
    """It does so before anything is stored, and afterwards."""
    store.ping()
    store.insert(a_record())
    store.ping()
    assert store.page(PageQuery(limit=1)).total == 1
