"""Property tests: after any sequence of writes, the pages equal a plain sorted list."""

import contextlib
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models import ImageRecord, PageQuery, State
from app.ports import ImageRecords
from app.services.mongodb.records import MongoRecords
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import NOON, a_record
from tests.support.fakes.records import FakeImageRecords
from tests.support.stores.record_stores import add, ids, position_after, some_records

WORDS = ("red", "fox", "狐", "élan")
# Equal times, both sides of a bucket's boundary, and times far in the past and future.
EDGE_MS = (1 << 24) - round(NOON.timestamp() * 1000) % (1 << 24)
TIMES = (0, 0, 1, EDGE_MS - 1, EDGE_MS, -70_000, -5_000_000_000, 400 * 86_400_000)

records = st.builds(
    lambda state, ms, tokens, owner, **organized: a_record(
        **organized,
        state=state,
        created_at=NOON + timedelta(milliseconds=ms),
        tokens=tuple(sorted(tokens)),
        owner=owner,
    ),
    state=st.sampled_from([State.READY, State.READY, State.PENDING, State.FAILED, State.REPLACED]),
    ms=st.sampled_from(TIMES),
    tokens=st.sets(st.sampled_from(WORDS)),
    tags=st.lists(st.sampled_from(["Fox", "red hair"]), unique=True).map(tuple),
    starred=st.booleans(),
    owner=st.sampled_from(["", "ann", "bob"]),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["insert", "insert", "compare_and_swap", "delete"]),
        st.integers(0, 99),
        records,
    ),
    min_size=3,
    max_size=25,
)
Step = tuple[str, int, ImageRecord]


def apply(store: ImageRecords, history: Sequence[Step]) -> list[ImageRecord]:
    """Apply the steps to the store, and return the ready records in the order of the list."""
    current: dict[str, ImageRecord] = {}
    for action, which, record in history:
        if action == "insert" or not current:
            new = replace(record, id=str(uuid.uuid4()))
            assert store.insert(new)
            current[new.id] = new
            continue
        old = current[sorted(current)[which % len(current)]]
        if action == "delete":
            store.delete(old.id)
            del current[old.id]
        else:
            current[old.id] = replace(record, id=old.id)
            assert store.compare_and_swap(old, current[old.id])
    ready = [record for record in current.values() if record.state is State.READY]
    return sorted(ready, key=lambda record: (record.created_at or NOON, record.id), reverse=True)


def check(
    store: ImageRecords,
    expected: Sequence[ImageRecord],
    words: Sequence[str] = (),
    owner: str | None = None,
) -> None:
    """Compare every page, by offset and by position, with the expected list."""
    owned = [record for record in expected if owner in {None, record.owner}]
    matching = [record.id for record in owned if set(words) <= set(record.tokens)]
    for limit in (1, 3):
        for offset in range(0, len(matching) + limit, limit):
            page = store.page(PageQuery(limit=limit, offset=offset, words=words, owner=owner))
            assert ids(page.records) == matching[offset : offset + limit]
            assert (page.total, page.total_exact) == (len(matching), True)
            assert page.more == (offset + limit < len(matching))
    walked: list[str] = []
    after, more = None, True
    while more:
        page = store.page(PageQuery(limit=2, after=after, words=words, owner=owner))
        walked += ids(page.records)
        more = page.more
        after = position_after(page.records[-1]) if page.records else None
    assert walked == matching


@contextlib.contextmanager
def made(kind: str) -> Iterator[ImageRecords]:
    """Make a record store for one history."""
    if kind == "fake":
        yield FakeImageRecords([])
    else:
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.closing(
                SqliteRecords(SqliteDatabase(Path(folder) / "records.sqlite3"))
            ) as store,
        ):
            yield store


@pytest.mark.parametrize("kind", ["sqlite", "fake"])
@settings(max_examples=12, deadline=None)
@given(history=steps)
def test_any_history_gives_the_right_list(kind: str, history: Sequence[Step]) -> None:
    """After inserts, swaps and deletions in any order, pages, totals and searches agree."""
    with made(kind) as store:
        expected = apply(store, history)
        for words in ((), ("fox",), ("red", "狐"), ("missing",)):
            check(store, expected, words)
        for owner in ("ann", "unknown"):
            check(store, expected, (), owner)
            check(store, expected, ("fox",), owner)
        assert store.recount(fix=False) == 0


@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=steps)
def test_any_history_gives_the_right_list_on_a_server(
    mongodb: MongoRecords, history: Sequence[Step]
) -> None:
    """Pages and totals agree on a MongoDB server too, whose database is reused."""
    for record in mongodb.scan(limit=1000):
        mongodb.delete(record.id)
    expected = apply(mongodb, history)
    for owner in (None, "ann"):
        check(mongodb, expected, (), owner)
    assert mongodb.recount(fix=False) == 0


def test_the_version_changes_with_the_list(store: ImageRecords) -> None:
    """Listing, changing and removing a record change it; unlisted records don't."""
    record = a_record(state=State.PENDING)
    seen = [store.version()]
    store.insert(record)
    assert store.version() == seen[0]
    ready = replace(record, state=State.READY)
    for change in (
        lambda: store.compare_and_swap(record, ready),
        lambda: store.compare_and_swap(ready, replace(ready, model="another")),
        lambda: store.delete(record.id),
        lambda: store.insert(ready),
    ):
        change()
        seen.append(store.version())
    assert len(set(seen)) == len(seen)


def test_paging_during_inserts_returns_each_old_record_once(store: ImageRecords) -> None:
    """New records before, after and at the current position hide or repeat no others."""
    expected = some_records(12)
    add(store, expected)
    walked: list[str] = []
    after, more = None, True
    while more:
        page = store.page(PageQuery(limit=3, after=after))
        walked += ids(page.records)
        after, more = position_after(page.records[-1]), page.more
        if len(walked) < 12:
            for shift in (-1, 0, 10):
                created = after.created_at + timedelta(milliseconds=shift)
                store.insert(a_record(created_at=created))
    old = set(ids(expected))
    assert [image_id for image_id in walked if image_id in old] == ids(expected)
    assert len(set(walked)) == len(walked)


def test_matches_are_counted_up_to_a_thousand(sqlite: SqliteRecords) -> None:
    """Beyond that the total is marked as inexact, and pages continue."""
    with sqlite._database.connection() as connection:
        connection.execute("PRAGMA synchronous = OFF")
    for record in some_records(1002):
        sqlite.insert(record)
    page = sqlite.page(PageQuery(limit=5, offset=1000, words=["fox"]))
    assert (page.total, page.total_exact, len(page.records)) == (1000, False, 2)
    assert sqlite.page(PageQuery(limit=5)).total == 1002
