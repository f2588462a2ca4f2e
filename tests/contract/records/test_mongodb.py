"""What MongoDB can do to us, and what several processes do to it."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo import MongoClient

from app.errors import RecordsUnavailable
from app.models import PageQuery, State
from app.ports import ImageRecords
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from app.services.records.document import to_document
from tests.support.builders import NOON, a_generation
from tests.support.concurrency.threads import at_once
from tests.support.servers import python_process
from tests.support.servers.databases import MongoServer
from tests.support.servers.fault_proxy import FaultProxy

Proxied = tuple[MongoRecords, FaultProxy]

INSERT = """
import sys
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from tests.support.builders import a_generation

records = MongoRecords(MongoDatabase(uri=sys.argv[1], name=sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(10):
    records.insert(a_generation())
records.close()
"""


@pytest.fixture
def client(mongo_server: MongoServer) -> Iterator[MongoClient[dict[str, Any]]]:
    """Make a client that looks behind the scenes."""
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        yield client


@pytest.fixture
def proxied(mongo_server: MongoServer, mongo_database: str) -> Iterator[Proxied]:
    """Make records behind a proxy that can break their connections."""
    with FaultProxy(mongo_server.host, mongo_server.port) as proxy:
        uri = f"mongodb://{proxy.host}:{proxy.port}/?directConnection=true"
        with contextlib.closing(
            MongoRecords(MongoDatabase(uri=uri, name=mongo_database))
        ) as records:
            yield records, proxy


def assert_unavailable(records: ImageRecords) -> None:
    """Check that every call says so in about three seconds, and that no error tells an address."""
    calls = (
        lambda: records.insert(a_generation()),
        lambda: records.compare_and_swap(a_generation(), a_generation()),
        lambda: records.get("x"),
        lambda: records.page(PageQuery(limit=10)),
        lambda: records.page(PageQuery(limit=10, words=["x"])),
        records.version,
        lambda: records.recount(fix=True),
        lambda: records.delete("x"),
        lambda: records.find("x"),
        lambda: records.expired_leases(NOON, limit=10),
        lambda: records.scan(limit=10),
        lambda: records.forget_claims(NOON),
        records.ping,
    )

    def one(number: int) -> float:
        began = time.monotonic()
        with pytest.raises(RecordsUnavailable) as caught:
            calls[number]()
        assert "127.0.0.1" not in f"{caught.value} {caught.value.detail}"
        return time.monotonic() - began

    assert max(at_once(len(calls), one)) < 3.5


def test_the_list_and_the_search_have_indexes(
    mongodb: MongoRecords, client: MongoClient[dict[str, Any]], mongo_database: str
) -> None:
    """The first use makes the indexes that order the list and find words."""
    mongodb.insert(a_generation())
    indexes = client[mongo_database]["generations"].index_information()
    keys = [index["key"] for index in indexes.values()]
    assert [("state", 1), ("created_at", -1), ("_id", -1)] in keys
    assert [("tokens", 1), ("state", 1), ("created_at", -1), ("_id", -1)] in keys
    assert [("state", 1), ("lease_until", 1)] in keys


def test_claims_are_unique_and_only_rows_with_one_are_in_the_index(
    mongodb: MongoRecords, client: MongoClient[dict[str, Any]], mongo_database: str
) -> None:
    """The first use makes a unique, sparse index; a row without a claim has no such field."""
    row = a_generation()
    mongodb.insert(row)
    collection = client[mongo_database]["generations"]
    claims = collection.index_information()["claims"]
    assert (claims["key"], claims["unique"], claims["sparse"]) == ([("claim", 1)], True, True)
    document = collection.find_one({"_id": row.id})
    assert document is not None
    assert "claim" not in document


def test_rows_from_before_there_were_claims_can_be_worked_on(
    mongodb: MongoRecords, client: MongoClient[dict[str, Any]], mongo_database: str
) -> None:
    """Documents that an older version wrote, without claims, get the index and can be exchanged."""
    rows = [a_generation(state=State.PENDING) for _ in range(3)]
    for row in rows:
        document = to_document(row)
        del document["claim"]
        client[mongo_database]["generations"].insert_one({"_id": document.pop("id"), **document})
    for row in rows:
        assert mongodb.compare_and_swap(row, replace(row, claim=row.id))
        assert mongodb.find(row.id) == replace(row, claim=row.id)


def test_times_are_kept_as_times(
    mongodb: MongoRecords, client: MongoClient[dict[str, Any]], mongo_database: str
) -> None:
    """Whoever looks with other tools finds dates, not texts, and the id as the key."""
    row = a_generation()
    mongodb.insert(row)
    document = client[mongo_database]["generations"].find_one({"_id": row.id})
    assert document is not None
    assert document["created_at"] == NOON.replace(tzinfo=None)


def test_two_processes_may_begin_at_once(
    mongo_server: MongoServer, mongo_database: str, mongodb: MongoRecords
) -> None:
    """Workers that start together on an empty database both work, and nothing is lost."""
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


def test_a_server_that_is_down_at_the_start_is_found_later(proxied: Proxied) -> None:
    """Without a server each of many callers is told in three seconds; with one, all is well."""
    records, proxy = proxied
    proxy.refuse()
    assert_unavailable(records)
    proxy.restore()
    records.insert(a_generation())
    assert records.page(PageQuery(limit=10)).total == 1


def test_an_outage_in_between_is_reported_in_time_and_forgotten(proxied: Proxied) -> None:
    """A server that goes away is missed in three seconds, and used again once it is back."""
    records, proxy = proxied
    row = a_generation()
    records.insert(row)
    proxy.refuse()
    assert_unavailable(records)
    proxy.restore()
    assert records.get(row.id) == row


def test_a_silent_server_is_given_up_on_in_time(proxied: Proxied) -> None:
    """A server that takes everything and answers nothing holds a caller up for three seconds."""
    records, proxy = proxied
    records.insert(a_generation())
    proxy.black_hole()
    assert_unavailable(records)
    proxy.restore()
    assert records.page(PageQuery(limit=10)).total == 1


def test_a_single_hiccup_is_not_noticed(proxied: Proxied) -> None:
    """Connections that broke while nobody used them cost no reader an error."""
    records, proxy = proxied
    records.insert(a_generation())
    proxy.refuse()
    proxy.restore()
    assert records.page(PageQuery(limit=10)).total == 1
