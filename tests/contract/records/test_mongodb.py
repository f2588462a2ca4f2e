"""MongoDB: its documents and indexes, outages, and several processes."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo import MongoClient

from app.errors import RecordsUnavailable
from app.models import PageQuery, State
from app.models.prompts import fold
from app.ports import ImageRecords
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from app.services.records.document import to_document
from tests.support.builders import NOON, a_record
from tests.support.concurrency.threads import in_threads
from tests.support.servers import python_process
from tests.support.servers.databases import MongoServer
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.time_limits import short_limits

Proxied = tuple[MongoRecords, FaultProxy]

INSERT = """
import sys
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from tests.support.builders import a_record

records = MongoRecords(MongoDatabase(uri=sys.argv[1], name=sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(10):
    records.insert(a_record())
records.close()
"""


@pytest.fixture
def client(mongo_server: MongoServer) -> Iterator[MongoClient[dict[str, Any]]]:
    """Make a client for the test itself."""
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        yield client


@pytest.fixture
def proxied(mongo_server: MongoServer, mongo_database: str) -> Iterator[Proxied]:
    """Make a record store behind a proxy that can break its connections."""
    with short_limits(), FaultProxy(mongo_server.host, mongo_server.port) as proxy:
        uri = f"mongodb://{proxy.host}:{proxy.port}/?directConnection=true"
        with contextlib.closing(MongoRecords(MongoDatabase(uri=uri, name=mongo_database))) as store:
            yield store, proxy


def assert_unavailable(store: ImageRecords) -> None:
    """Check that every call fails within about three seconds, without showing an address."""
    calls = (
        lambda: store.insert(a_record()),
        lambda: store.compare_and_swap(a_record(), a_record()),
        lambda: store.get("x"),
        lambda: store.page(PageQuery(limit=10)),
        lambda: store.page(PageQuery(limit=10, words=["x"])),
        store.version,
        lambda: store.recount(fix=True),
        lambda: store.delete("x"),
        lambda: store.find("x"),
        lambda: store.expired_leases(NOON, limit=10),
        lambda: store.scan(limit=10),
        lambda: store.forget_claims(NOON),
        store.ping,
    )

    def one(number: int) -> float:
        start = time.monotonic()
        with pytest.raises(RecordsUnavailable) as caught:
            calls[number]()
        assert "127.0.0.1" not in f"{caught.value} {caught.value.detail}"
        return time.monotonic() - start

    assert max(in_threads(len(calls), one)) < 25  # the client's own limit is 30 s


def test_list_and_search_have_indexes(
    mongodb: MongoRecords, client: MongoClient[dict[str, Any]], mongo_database: str
) -> None:
    """The first use creates the indexes of the list, the search and the leases."""
    mongodb.insert(a_record())
    indexes = client[mongo_database]["generations"].index_information()
    keys = [index["key"] for index in indexes.values()]
    assert [("state", 1), ("created_at", -1), ("_id", -1)] in keys
    assert [("terms", 1), ("state", 1), ("created_at", -1), ("_id", -1)] in keys
    assert [("state", 1), ("lease_until", 1)] in keys


def test_the_index_of_claims_is_unique_and_sparse(
    mongodb: MongoRecords, client: MongoClient[dict[str, Any]], mongo_database: str
) -> None:
    """A record without a claim has no such field, so the index leaves it out."""
    record = a_record()
    mongodb.insert(record)
    collection = client[mongo_database]["generations"]
    claims = collection.index_information()["claims"]
    assert (claims["key"], claims["unique"], claims["sparse"]) == ([("claim", 1)], True, True)
    document = collection.find_one({"_id": record.id})
    assert document is not None
    assert "claim" not in document


def test_documents_of_versions_without_claims_can_be_swapped(
    mongodb: MongoRecords, client: MongoClient[dict[str, Any]], mongo_database: str
) -> None:
    """Documents without a claim field get the index, and can be given a claim."""
    records = [a_record(state=State.PENDING) for _ in range(3)]
    for record in records:
        document = to_document(record)
        del document["claim"]
        client[mongo_database]["generations"].insert_one({"_id": document.pop("id"), **document})
    for record in records:
        assert mongodb.compare_and_swap(record, replace(record, claim=record.id))
        assert mongodb.find(record.id) == replace(record, claim=record.id)


def test_times_are_stored_as_dates(
    mongodb: MongoRecords, client: MongoClient[dict[str, Any]], mongo_database: str
) -> None:
    """Other tools see dates rather than texts, and the id as the document's key."""
    record = a_record()
    mongodb.insert(record)
    document = client[mongo_database]["generations"].find_one({"_id": record.id})
    assert document is not None
    assert document["created_at"] == NOON.replace(tzinfo=None)


def test_two_processes_can_start_in_parallel(
    mongo_server: MongoServer, mongo_database: str, mongodb: MongoRecords
) -> None:
    """On an empty database both work, and no record is lost."""
    workers = [python_process.start(INSERT, mongo_server.uri, mongo_database) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        python_process.finish(worker)
    assert mongodb.page(PageQuery(limit=1)).total == 20


def test_a_server_that_is_down_at_the_start_is_used_later(proxied: Proxied) -> None:
    """Concurrent calls fail within three seconds until the server is up."""
    store, proxy = proxied
    proxy.refuse()
    assert_unavailable(store)
    proxy.restore()
    store.insert(a_record())
    assert store.page(PageQuery(limit=10)).total == 1


def test_an_outage_ends_when_the_server_is_back(proxied: Proxied) -> None:
    """During the outage calls fail; afterwards they succeed."""
    store, proxy = proxied
    record = a_record()
    store.insert(record)
    proxy.refuse()
    assert_unavailable(store)
    proxy.restore()
    assert store.get(record.id) == record


def test_a_silent_server_times_out(proxied: Proxied) -> None:
    """A server that never responds delays a call by three seconds at most."""
    store, proxy = proxied
    store.insert(a_record())
    proxy.black_hole()
    assert_unavailable(store)
    proxy.restore()
    assert store.page(PageQuery(limit=10)).total == 1


def test_broken_pooled_connections_are_replaced(proxied: Proxied) -> None:
    """Connections that broke while they were idle cause no error."""
    store, proxy = proxied
    store.insert(a_record())
    proxy.refuse()
    proxy.restore()
    assert store.page(PageQuery(limit=10)).total == 1


def test_documents_without_terms_are_indexed_at_first_use(
    mongodb: MongoRecords,
    client: MongoClient[dict[str, Any]],
    mongo_server: MongoServer,
    mongo_database: str,
) -> None:
    """After an update, parts of words are found in all prompts, and owners are not words."""
    record = a_record(
        prompt="foxgloves 红色的狐狸", tokens=fold("foxgloves 红色的狐狸"), owner="ann"
    )
    mongodb.insert(record)
    older = {"tokens": ["foxgloves", "红", "红色", "\x00ann"]}
    database = client[mongo_database]
    database["generations"].update_one({}, {"$set": older, "$unset": {"terms": "", "tags": ""}})
    database["ranks"].update_many({"list": {"$exists": True}}, {"$rename": {"list": "owner"}})
    database["ranks"].delete_one({"done": True})
    with contextlib.closing(
        MongoRecords(MongoDatabase(uri=mongo_server.uri, name=mongo_database))
    ) as updated:
        for part in ("xglo", "色的狐狸", "狐狸"):
            query = PageQuery(limit=9, words=fold(part), owner="ann")
            assert [found.id for found in updated.page(query).records] == [record.id]
        assert "\x00ann" not in updated.page(PageQuery(limit=1)).records[0].tokens
        assert updated.page(PageQuery(limit=1, owner="ann")).total == 1
        assert updated.recount(fix=False) == 0
