"""The lists and terms of records that earlier versions wrote."""

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from app.models import PageQuery, State
from app.models.prompts import fold
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.contract.records.test_narrowed_lists import judged
from tests.contract.records.test_sqlite_migration import COUNTS, SHAPE, TERMS, query, write
from tests.support.builders import a_record
from tests.support.servers.databases import MongoServer
from tests.support.stores.record_stores import add, ids


def test_older_words_are_folded_again(tmp_path: Path) -> None:
    """Parts of words are found in all prompts, also where single characters were words before."""
    path = tmp_path / "data" / "records.sqlite3"
    record = a_record(prompt="foxgloves 红色的狐狸", tokens=("foxgloves", "红", "红色", "色", "的"))
    write(path, [record])
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        for part in ("xglo", "色的狐狸", "狐狸"):
            assert ids(store.page(PageQuery(limit=9, words=fold(part))).records) == [record.id]
        assert store.page(PageQuery(limit=9, words=fold("狐狸红"))).total == 0
        migrated = store.get(record.id)
        assert migrated is not None
        assert set(fold(record.prompt)) <= set(migrated.tokens)


def test_a_file_without_lists_by_verdict_gets_them(tmp_path: Path) -> None:
    """Lists, counts and terms of records in the list and in the trash are those of a new file."""
    path = tmp_path / "data" / "records.sqlite3"
    states = (State.READY, State.TRASHED, State.FAILED)
    records = [
        a_record(state=state, owner=owner, image=judged(a_record(), verdict), tags=("fox",))
        for state, owner, verdict in itertools.product(states, ("", "ann"), ("check", None))
    ]
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        add(store, records)
    statements = (SHAPE, COUNTS, TERMS, "SELECT id, lists FROM generations ORDER BY id")
    before = [query(path, statement) for statement in statements]
    with closing(sqlite3.connect(path)) as connection, connection:
        (trigger,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'relisted'")
        connection.execute("DROP TRIGGER relisted")
        connection.execute("""UPDATE generations SET lists =
            (SELECT json_group_array(value) FROM json_each(lists) WHERE value NOT LIKE '%!%')
            WHERE lists IS NOT NULL""")
        connection.execute(*trigger)
        connection.execute("DELETE FROM ranks WHERE list LIKE '%!%'")
        connection.execute("UPDATE index_terms SET terms = 'older'")
        connection.execute("PRAGMA user_version = 12")
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        assert store.page(PageQuery(limit=9, verdict="check")).total == 2
        assert store.page(PageQuery(limit=9, verdict="check", trashed=True)).total == 2
    assert [query(path, statement) for statement in statements] == before


def test_documents_get_lists_by_verdict_at_first_use(
    mongodb: MongoRecords,
    mongo_server: MongoServer,
    mongo_database: str,
) -> None:
    """Documents of versions without these lists are in them, in the trash too."""
    image = judged(a_record(), "check")
    records = [
        a_record(image=image, tags=("fox",)),
        a_record(image=image, owner="ann", state=State.TRASHED),
    ]
    add(mongodb, records)
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        database = client[mongo_database]
        before = _terms_and_counts(database)
        _remove_verdicts(database)
        older = MongoDatabase(uri=mongo_server.uri, name=mongo_database)
        with closing(MongoRecords(older)) as updated:
            for trashed, record in enumerate(records):
                page = updated.page(PageQuery(limit=9, verdict="check", trashed=bool(trashed)))
                assert (ids(page.records), page.total) == ([record.id], 1)
        assert _terms_and_counts(database) == before


def _remove_verdicts(database: Any) -> None:
    """Turn the documents and counts into those of the version without lists by verdict."""
    for document in database["generations"].find():
        terms = [term for term in document["terms"] if "!" not in term]
        database["generations"].update_one({"_id": document["_id"]}, {"$set": {"terms": terms}})
    database["ranks"].delete_many({"list": {"$regex": "!"}})
    database["ranks"].delete_one({"_id": "first count of lists by verdict"})
    database["ranks"].insert_one({"_id": "first count of narrowed lists", "done": True})


def _terms_and_counts(database: Any) -> tuple[object, ...]:
    terms = {one["_id"]: one["terms"] for one in database["generations"].find()}
    counts = database["ranks"].find({"shift": {"$exists": True}})
    return terms, sorted((one["list"], one["shift"], one["bucket"], one["n"]) for one in counts)
