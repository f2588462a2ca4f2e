"""What every record store promises: SQLite, a MongoDB server, and an imitation of one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Charged
from app.models import ImageRecord, PageQuery, Position, State
from app.ports import ImageRecords
from tests.support.builders import NOON, a_generation
from tests.support.stores.record_stores import add, ids, with_words

OPERATORS = ['{"$gt": ""}', "$where", "$ne", "a.b", "'; DROP TABLE generations; --", "%", "*"]


@pytest.mark.parametrize("state", State)
def test_a_row_comes_back_as_it_was_inserted(records: ImageRecords, state: State) -> None:
    """Every field of a row survives, its times to the millisecond, in whatever state it is."""
    precise = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
    row = a_generation(state=state, created_at=precise, requested_at=precise, error="a_code")
    records.insert(row)
    assert records.get(row.id) == row


def test_a_row_without_an_image_comes_back_too(records: ImageRecords) -> None:
    """A row that knows little yet is kept as it is."""
    row = ImageRecord(id="x", state=State.PENDING, requested_at=NOON, lease_until=NOON)
    records.insert(row)
    assert records.get("x") == row


def test_an_unknown_id_gives_nothing(records: ImageRecords) -> None:
    """A row that was never inserted is None, and no error."""
    records.insert(a_generation())
    assert records.get("00000000-0000-0000-0000-000000000000") is None


def test_replacing_writes_the_row_again(records: ImageRecords) -> None:
    """The row of the same id is exactly what was written last, and others are untouched."""
    pending = a_generation(state=State.PENDING, created_at=None, original=None, image=None)
    other = a_generation()
    add(records, [pending, other])
    ready = a_generation(id=pending.id, charged=Charged.YES)
    assert records.compare_and_swap(pending, ready)
    assert records.get(pending.id) == ready
    assert records.get(other.id) == other
    assert records.page(PageQuery(limit=10)).total == 2


def test_an_id_is_never_used_twice(records: ImageRecords) -> None:
    """A second insert of an id is refused and leaves the first row as it is."""
    row = a_generation()
    records.insert(row)
    assert not records.insert(replace(row, prompt="another"))
    assert records.get(row.id) == row


def test_a_deleted_row_is_gone_for_good(records: ImageRecords) -> None:
    """A deleted row is neither found nor listed, and an update that comes late can't revive it."""
    gone, kept = with_words("red fox"), with_words("red owl")
    add(records, [gone, kept])
    records.delete(gone.id)
    records.delete(gone.id)
    assert not records.compare_and_swap(gone, gone)
    assert records.get(gone.id) is None
    assert ids(records.page(PageQuery(limit=10)).records) == [kept.id]
    assert records.page(PageQuery(limit=10, words=["red"])).total == 1


def test_only_ready_rows_are_listed(records: ImageRecords) -> None:
    """What is pending, failed or unknown doesn't show and doesn't count."""
    rows = {state: with_words("fox", state) for state in State}
    add(records, list(rows.values()))
    for page in (
        records.page(PageQuery(limit=10)),
        records.page(PageQuery(limit=10, words=["fox"])),
    ):
        assert (ids(page.records), page.total, page.more) == ([rows[State.READY].id], 1, False)


def test_a_row_is_listed_once_it_is_ready(records: ImageRecords) -> None:
    """Becoming ready puts a row at the head of the list, found by the words it began with."""
    older, pending = with_words("red fox"), with_words("red owl", State.PENDING)
    add(records, [older, pending])
    later = NOON + timedelta(seconds=1)
    records.compare_and_swap(pending, replace(pending, state=State.READY, created_at=later))
    assert ids(records.page(PageQuery(limit=10)).records) == [pending.id, older.id]
    assert ids(records.page(PageQuery(limit=10, words=["owl"])).records) == [pending.id]


@pytest.mark.parametrize("text", OPERATORS)
def test_what_looks_like_an_operator_is_plain_text(records: ImageRecords, text: str) -> None:
    """Nothing that a caller sends is understood as part of a query."""
    strange, usual = a_generation(id=text, prompt=text, tokens=(text,)), a_generation()
    add(records, [strange, usual])
    assert records.get(text) == strange
    assert ids(records.page(PageQuery(limit=10, words=[text])).records) == [text]
    place = Position(created_at=NOON + timedelta(days=1), id=text)
    assert records.page(PageQuery(limit=10, after=place)).total == 2
    records.delete(text)
    assert ids(records.page(PageQuery(limit=10)).records) == [usual.id]


def test_records_that_work_answer(records: ImageRecords) -> None:
    """The check for readiness passes, before anything is stored and afterwards."""
    records.ping()
    records.insert(a_generation())
    records.ping()
    assert records.page(PageQuery(limit=1)).total == 1
