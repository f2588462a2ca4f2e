"""Whatever happens to the rows, each page is what a plain list of them says."""

import contextlib
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import mongomock
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models import ImageRecord, PageQuery, State
from app.ports import ImageRecords
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import NOON, a_generation
from tests.support.fakes.stores import FakeImageRecords
from tests.support.stores.record_stores import add, ids, place_of, some_rows

WORDS = ("red", "fox", "狐", "élan")
# Equal times, neighbours on both sides of a bucket's edge, back-dated ones, and far ones.
EDGE_MS = (1 << 24) - round(NOON.timestamp() * 1000) % (1 << 24)
TIMES = (0, 0, 1, EDGE_MS - 1, EDGE_MS, -70_000, -5_000_000_000, 400 * 86_400_000)

rows = st.builds(
    lambda state, ms, tokens, owner: a_generation(
        state=state,
        created_at=NOON + timedelta(milliseconds=ms),
        tokens=tuple(sorted(tokens)),
        owner=owner,
    ),
    state=st.sampled_from([State.READY, State.READY, State.PENDING, State.FAILED]),
    ms=st.sampled_from(TIMES),
    tokens=st.sets(st.sampled_from(WORDS)),
    owner=st.sampled_from(["", "ann", "bob"]),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["insert", "insert", "compare_and_swap", "delete"]),
        st.integers(0, 99),
        rows,
    ),
    min_size=3,
    max_size=25,
)
Step = tuple[str, int, ImageRecord]


def live_through(records: ImageRecords, history: Sequence[Step]) -> list[ImageRecord]:
    """Do all this to the records, and return the ready rows as they belong in the list."""
    alive: dict[str, ImageRecord] = {}
    for what, which, row in history:
        if what == "insert" or not alive:
            new = replace(row, id=str(uuid.uuid4()))
            assert records.insert(new)
            alive[new.id] = new
            continue
        old = alive[sorted(alive)[which % len(alive)]]
        if what == "delete":
            records.delete(old.id)
            del alive[old.id]
        else:
            alive[old.id] = replace(row, id=old.id)
            assert records.compare_and_swap(old, alive[old.id])
    ready = [row for row in alive.values() if row.state is State.READY]
    return sorted(ready, key=lambda row: (row.created_at or NOON, row.id), reverse=True)


def check(
    records: ImageRecords,
    expected: Sequence[ImageRecord],
    words: Sequence[str] = (),
    owner: str | None = None,
) -> None:
    """Compare every page, by number and by cursor, with the list."""
    theirs = [row for row in expected if owner in {None, row.owner}]
    chosen = [row.id for row in theirs if set(words) <= set(row.tokens)]
    for limit in (1, 3):
        for offset in range(0, len(chosen) + limit, limit):
            page = records.page(PageQuery(limit=limit, offset=offset, words=words, owner=owner))
            assert ids(page.records) == chosen[offset : offset + limit]
            assert (page.total, page.total_exact) == (len(chosen), True)
            assert page.more == (offset + limit < len(chosen))
    walked: list[str] = []
    after, more = None, True
    while more:
        page = records.page(PageQuery(limit=2, after=after, words=words, owner=owner))
        walked += ids(page.records)
        more = page.more
        after = place_of(page.records[-1]) if page.records else None
    assert walked == chosen


@contextlib.contextmanager
def made(kind: str) -> Iterator[ImageRecords]:
    """Make records for one history."""
    if kind == "fake":
        yield FakeImageRecords([])
    elif kind == "mongomock":
        yield MongoRecords(
            MongoDatabase(uri="", name="test", client=mongomock.MongoClient(tz_aware=True))
        )
    else:
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.closing(
                SqliteRecords(SqliteDatabase(Path(folder) / "records.sqlite3"))
            ) as records,
        ):
            yield records


@pytest.mark.parametrize("kind", ["sqlite", "mongomock", "fake"])
@settings(max_examples=12, deadline=None)
@given(history=steps)
def test_any_history_leaves_the_list_right(kind: str, history: Sequence[Step]) -> None:
    """Inserts in any order of time, ends, changes and deletions: pages, totals and words agree."""
    with made(kind) as records:
        expected = live_through(records, history)
        for words in ((), ("fox",), ("red", "狐"), ("nowhere",)):
            check(records, expected, words)
        for owner in ("ann", "nobody"):
            check(records, expected, (), owner)
            check(records, expected, ("fox",), owner)
        assert records.recount(fix=False) == 0


@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=steps)
def test_any_history_leaves_the_list_of_a_server_right(
    mongodb: MongoRecords, history: Sequence[Step]
) -> None:
    """The same on a MongoDB server, which goes on from history to history."""
    for row in mongodb.scan(limit=1000):
        mongodb.delete(row.id)
    expected = live_through(mongodb, history)
    for owner in (None, "ann"):
        check(mongodb, expected, (), owner)
    assert mongodb.recount(fix=False) == 0


def test_a_version_is_another_one_after_every_change_of_the_list(records: ImageRecords) -> None:
    """Becoming ready, changing while ready and going all tell; what isn't listed doesn't."""
    row = a_generation(state=State.PENDING)
    seen = [records.version()]
    records.insert(row)
    assert records.version() == seen[0]
    ready = replace(row, state=State.READY)
    for change in (
        lambda: records.compare_and_swap(row, ready),
        lambda: records.compare_and_swap(ready, replace(ready, model="another")),
        lambda: records.delete(row.id),
        lambda: records.insert(ready),
    ):
        change()
        seen.append(records.version())
    assert len(set(seen)) == len(seen)


def test_who_walks_meets_each_old_row_once_while_others_insert(records: ImageRecords) -> None:
    """New rows before, behind and at the place of the walker hide or repeat none of the others."""
    expected = some_rows(12)
    add(records, expected)
    walked: list[str] = []
    after, more = None, True
    while more:
        page = records.page(PageQuery(limit=3, after=after))
        walked += ids(page.records)
        after, more = place_of(page.records[-1]), page.more
        if len(walked) < 12:
            for shift in (-1, 0, 10):
                created = after.created_at + timedelta(milliseconds=shift)
                records.insert(a_generation(created_at=created))
    old = set(ids(expected))
    assert [image_id for image_id in walked if image_id in old] == ids(expected)
    assert len(set(walked)) == len(walked)


def test_frequent_words_are_counted_to_a_thousand(sqlite: SqliteRecords) -> None:
    """Beyond a thousand matches the total says that it isn't exact; pages go on."""
    with sqlite._file.connection() as connection:
        connection.execute("PRAGMA synchronous = OFF")
    for row in some_rows(1002):
        sqlite.insert(row)
    page = sqlite.page(PageQuery(limit=5, offset=1000, words=["fox"]))
    assert (page.total, page.total_exact, len(page.records)) == (1000, False, 2)
    assert sqlite.page(PageQuery(limit=5)).total == 1002
