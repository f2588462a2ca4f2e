"""Wrong counts are found and repaired; the list is read by its indexes."""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from app.models import PageQuery
from app.services.mongodb import list_counters
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from app.services.sqlite import pages
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.support.builders import NOON, a_record
from tests.support.concurrency.threads import in_threads
from tests.support.servers.databases import MongoServer
from tests.support.stores.record_stores import add, ids, owned_by, some_records
from tests.support.tables import each_row


def test_sqlite_repairs_damaged_counts(sqlite: SqliteRecords, tmp_path: Path) -> None:
    """Counts that were changed, deleted or invented are found and corrected."""
    records = owned_by("ann", some_records(6))
    add(sqlite, records)
    damaged = 2 + 2 + 1 + 1  # two of everyone's and Ann's, one of Ann's, and an invented one
    with closing(sqlite3.connect(tmp_path / "data" / "records.sqlite3")) as other, other:
        other.execute("UPDATE ranks SET n = n + 5 WHERE shift = 32")
        other.execute("DELETE FROM ranks WHERE shift = 24")
        other.execute("DELETE FROM ranks WHERE list = 'ann' AND shift = 16")
        other.execute("INSERT INTO ranks VALUES ('bob', 16, 7, 9)")
    assert sqlite.recount(fix=False) == damaged
    assert sqlite.recount(fix=True) == damaged
    assert sqlite.recount(fix=False) == 0
    for owner in (None, "ann"):
        assert sqlite.page(PageQuery(limit=1, owner=owner)).total == 6
        assert ids(sqlite.page(PageQuery(limit=9, offset=4, owner=owner)).records) == ids(
            records[4:]
        )


@pytest.mark.parametrize(
    "damage",
    [
        lambda ranks: ranks.update_many({"shift": 32}, {"$inc": {"n": 5}}),
        lambda ranks: ranks.delete_many({"shift": 16}),
        lambda ranks: ranks.insert_one({"_id": "16:7", "shift": 16, "bucket": 7, "n": 9}),
        lambda ranks: ranks.delete_many({"list": "ann"}),
        lambda ranks: ranks.insert_one(
            {"_id": "bob:16:7", "list": "bob", "shift": 16, "bucket": 7, "n": 9}
        ),
        lambda ranks: ranks.delete_many({}),
    ],
    ids=["wrong", "lost", "invented", "an owner's lost", "an owner invented", "all lost"],
)
def test_mongodb_repairs_damaged_counts(
    mongodb: MongoRecords,
    mongo_server: MongoServer,
    mongo_database: str,
    damage: Callable[[Any], object],
) -> None:
    """Counts that a crash left wrong are found and corrected."""
    records = owned_by("ann", some_records(6))
    add(mongodb, records)
    before = mongodb.version()
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        damage(client[mongo_database]["ranks"])
    assert mongodb.recount(fix=False) > 0
    mongodb.recount(fix=True)
    assert mongodb.recount(fix=False) == 0
    for owner in (None, "ann"):
        assert mongodb.page(PageQuery(limit=1, owner=owner)).total == 6
        assert ids(mongodb.page(PageQuery(limit=9, offset=4, owner=owner)).records) == ids(
            records[4:]
        )
    assert mongodb.page(PageQuery(limit=1, owner="bob")).total == 0
    assert mongodb.version() > 0
    assert before > 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda ranks: ranks.update_many({"shift": 32}, {"$inc": {"n": -1}}),
        lambda ranks: ranks.delete_many({"shift": 16}),
    ],
    ids=["wrong", "lost"],
)
def test_two_servers_correct_the_counts_once(
    mongodb: MongoRecords,
    mongo_server: MongoServer,
    mongo_database: str,
    damage: Callable[[Any], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both find the same counts wrong, since `reconcile` may run on all servers at one time."""
    add(mongodb, some_records(6))
    correct = list_counters.MongoListCounters._correct
    others = [mongodb]

    def correct_after_another(self: Any, *arguments: Any) -> None:
        if others:
            assert others.pop().recount(fix=True) > 0
        correct(self, *arguments)

    monkeypatch.setattr(list_counters.MongoListCounters, "_correct", correct_after_another)
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        damage(client[mongo_database]["ranks"])
        assert mongodb.recount(fix=True) > 0
    assert mongodb.recount(fix=False) == 0
    assert mongodb.page(PageQuery(limit=1)).total == 6


def test_a_collection_without_counts_is_counted_at_first_use(
    mongodb: MongoRecords, mongo_server: MongoServer, mongo_database: str
) -> None:
    """After an update the existing records are counted."""
    add(mongodb, some_records(6))
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        client[mongo_database].drop_collection("ranks")
    with closing(MongoRecords(MongoDatabase(uri=mongo_server.uri, name=mongo_database))) as updated:
        assert updated.page(PageQuery(limit=1)).total == 6
        assert updated.recount(fix=False) == 0


def test_counts_without_an_owner_are_everyones(
    mongodb: MongoRecords, mongo_server: MongoServer, mongo_database: str
) -> None:
    """After an update they stay valid, and new records are counted for their owners too."""
    records = some_records(6)
    add(mongodb, records)
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        client[mongo_database]["ranks"].update_many({}, {"$unset": {"owner": ""}})
        client[mongo_database]["generations"].update_many({}, {"$unset": {"owner": ""}})
    with closing(MongoRecords(MongoDatabase(uri=mongo_server.uri, name=mongo_database))) as updated:
        hers = a_record(owner="ann", created_at=records[-1].created_at)
        updated.insert(hers)
        assert updated.page(PageQuery(limit=1)).total == 7
        assert ids(updated.page(PageQuery(limit=9, owner="ann")).records) == [hers.id]
        assert updated.page(PageQuery(limit=1, owner="ann")).total == 1
        assert updated.recount(fix=False) == 0


@pytest.mark.parametrize("left", [0, 2], ids=["uncounted", "partly counted"])
def test_concurrent_first_uses_count_once(
    mongodb: MongoRecords, mongo_server: MongoServer, mongo_database: str, left: int
) -> None:
    """Threads and processes end up with right counts; an interrupted count is completed."""
    records = some_records(6)
    add(mongodb, records)
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        ranks = client[mongo_database]["ranks"]
        kept = list(ranks.find({"shift": {"$exists": True}}).limit(left))
        ranks.delete_many({})
        if kept:
            ranks.insert_many(kept)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                closing(MongoRecords(MongoDatabase(uri=mongo_server.uri, name=mongo_database)))
            )
            for _ in range(2)
        ]
        totals = in_threads(6, lambda number: servers[number % 2].page(PageQuery(limit=1)).total)
        assert totals == [6] * 6
        assert servers[0].recount(fix=False) == 0
        assert ids(servers[1].page(PageQuery(limit=9, offset=4)).records) == ids(records[4:])


def test_an_external_change_affects_no_other_record(sqlite: SqliteRecords, tmp_path: Path) -> None:
    """A row that was changed externally loses its own tokens only."""
    fox = a_record(tokens=("fox",))
    sqlite.insert(fox)
    with closing(sqlite3.connect(tmp_path / "data" / "records.sqlite3")) as other:
        change = "UPDATE generations SET document = document WHERE id = ?"
        with other:
            other.execute(change, (fox.id,))
        sqlite.insert(a_record(tokens=("cat",)))
        with other:
            other.execute(change, (fox.id,))
    assert sqlite.page(PageQuery(limit=1, words=["cat"])).total == 1


def test_sqlite_pages_are_index_ranges(sqlite: SqliteRecords, tmp_path: Path) -> None:
    """By offset and by position, a page is one range of an index, without sorting."""
    sqlite.insert(a_record())
    with closing(sqlite3.connect(tmp_path / "data" / "records.sqlite3")) as connection:
        for owned, index, owner in (
            ("", "newest (state=?", ()),
            (pages._OWNED, "owned (owner=?", ("ann",)),
        ):
            for condition, values in (
                ("", ()),
                (pages._BEFORE, (1,)),
                (pages._AFTER, (1, "x")),
            ):
                statement = pages._LISTED + owned + condition + pages._NEWEST_FIRST
                plan = connection.execute(
                    f"EXPLAIN QUERY PLAN {statement}", ("ready", *owner, *values, 5, 0)
                ).fetchall()
                (step,) = [line[-1] for line in plan]
                assert step.startswith(f"SEARCH generations USING COVERING INDEX {index}")
                assert ("created_ms" in step) == bool(condition)


def test_two_processes_on_one_file_agree(tmp_path: Path) -> None:
    """A change by one is counted and listed by the other immediately."""
    path = tmp_path / "records.sqlite3"
    with (
        closing(SqliteRecords(SqliteDatabase(path))) as one,
        closing(SqliteRecords(SqliteDatabase(path))) as other,
    ):
        records = some_records(5)
        add(one, records[:3])
        seen = other.version()
        add(other, records[3:])
        one.delete(records[1].id)
        for store in (one, other):
            assert (store.page(PageQuery(limit=1)).total, store.version() == seen) == (4, False)
            assert ids(store.page(PageQuery(limit=3, offset=1)).records) == ids(records[2:])
        late = a_record(created_at=NOON - timedelta(days=400))
        other.insert(late)
        assert ids(one.page(PageQuery(limit=3, offset=4)).records) == [late.id]


@each_row(
    "counted, before, after, correction",
    [(5, 5, 5, 0), (5, 3, 3, 2), (5, 8, 8, -3), (5, 4, 6, 0), (5, 6, 4, 0), (9, 0, 2, 7)],
)
def test_a_changing_count_is_corrected_conservatively(
    counted: int, before: int, after: int, correction: int
) -> None:
    """Records that are written during a recount are not counted twice."""
    assert list_counters._correction(counted, before, after) == correction
