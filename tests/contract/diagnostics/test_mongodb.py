"""The check of MongoDB, on a real server that can be made to refuse commands."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from app.models import Finding, PageQuery
from app.services.diagnostics.mongodb import check_database
from app.services.mongodb import client as mongodb_client
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.indexes import INDEXES
from app.services.mongodb.records import MongoRecords
from tests.support.builders import a_record
from tests.support.diagnostic_findings import FAILED, OK, WARNING, levels, texts, the
from tests.support.servers.databases import MongoServer
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.time_limits import SHIPPED

ALL_OK = {"server": OK, "deployment": OK, "clock": OK, "indexes": OK, "write": OK}
PASSWORD = "hunter2"
Client = MongoClient[dict[str, Any]]


@pytest.fixture
def client(mongo_server: MongoServer) -> Iterator[Client]:
    """Make a client for the test itself."""
    with Client(mongo_server.uri) as client:
        yield client


def check(uri: str, database: str) -> list[Finding]:
    """Check a database; no finding shows its address or password."""
    found = list(check_database(uri=uri, database=database))
    for private in ("127.0.0.1", PASSWORD, "full error"):
        assert private not in texts(found)
    return found


def test_a_good_database_passes_and_is_left_unchanged(
    mongo_server: MongoServer, mongo_database: str, client: Client
) -> None:
    """The service's own indexes are complete, and the probe is not left behind."""
    with contextlib.closing(
        MongoRecords(MongoDatabase(uri=mongo_server.uri, name=mongo_database))
    ) as records:
        records.insert(a_record())
        assert levels(check(mongo_server.uri, mongo_database)) == ALL_OK
        assert records.page(PageQuery(limit=10)).total == 1
    assert client[mongo_database]["generations"].count_documents({}) == 1
    assert client[mongo_database].list_collection_names() == ["generations", "ranks"]


def test_the_check_expects_the_indexes_that_the_service_creates(
    mongo_server: MongoServer, mongo_database: str, client: Client
) -> None:
    """The expected indexes are exactly those that MongoRecords creates."""
    with contextlib.closing(
        MongoRecords(MongoDatabase(uri=mongo_server.uri, name=mongo_database))
    ) as records:
        records.insert(a_record())
    made = client[mongo_database]["generations"].index_information()
    assert {name: made[name]["key"] for name in made if name != "_id_"} == INDEXES


def test_an_empty_database_needs_no_indexes_yet(
    mongo_server: MongoServer, mongo_database: str
) -> None:
    """Before the first use no index is missing, and checking creates none."""
    for _ in range(2):
        found = check(mongo_server.uri, mongo_database)
        assert levels(found) == ALL_OK
        assert "first use" in the("indexes", found).found


def test_missing_indexes_are_named(
    mongo_server: MongoServer, mongo_database: str, client: Client
) -> None:
    """Records without their indexes are a warning."""
    collection = client[mongo_database]["generations"]
    collection.insert_one({"state": "ready"})
    collection.create_index(INDEXES["newest"], name="newest")
    found = check(mongo_server.uri, mongo_database)
    assert levels(found) == ALL_OK | {"indexes": WARNING}
    assert "terms" in the("indexes", found).found


def test_an_index_with_other_keys_fails(
    mongo_server: MongoServer, mongo_database: str, client: Client
) -> None:
    """The service can't create its own index under the same name."""
    client[mongo_database]["generations"].create_index([("state", 1)], name="newest")
    assert levels(check(mongo_server.uri, mongo_database)) == ALL_OK | {"indexes": FAILED}


@pytest.mark.parametrize(
    ("command", "code", "failed"),
    [("ping", 1, "server"), ("listIndexes", 13, "indexes"), ("insert", 13, "write")],
)
def test_a_refused_command_fails_its_step(
    mongo_server: MongoServer,
    mongo_database: str,
    client: Client,
    command: str,
    code: int,
    failed: str,
) -> None:
    """The finding is at the step that needs the command, and later steps still run."""
    refused = {"failCommands": [command], "errorCode": code}
    client[mongo_database]["generations"].insert_one({"state": "ready"})
    client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": refused})
    try:
        found = check(mongo_server.uri, mongo_database)
    finally:
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
    assert the(failed, found).level is FAILED
    expected = set(ALL_OK) if failed != "server" else {"server"}
    assert set(levels(found)) == expected


def test_a_wrong_password_fails(mongo_server: MongoServer, mongo_database: str) -> None:
    """The finding reports the refusal without the password."""
    uri = mongo_server.uri.replace("mongodb://", f"mongodb://nobody:{PASSWORD}@")
    found = check(uri, mongo_database)
    assert levels(found) == {"server": FAILED}
    assert "refused" in found[0].found


@pytest.mark.parametrize("rest", ["x:port/", "a,b/?directConnection=true"])
def test_an_address_that_cannot_be_used_fails(rest: str, mongo_database: str) -> None:
    """The driver's message can quote the address, so the finding only says what to correct."""
    found = check(f"mongodb://user:{PASSWORD}@{rest}", mongo_database)
    assert levels(found) == {"server": FAILED}
    assert "MONGODB_URI" in found[0].advice


@pytest.mark.parametrize("fault", [FaultProxy.refuse, FaultProxy.black_hole, FaultProxy.reset])
def test_an_unreachable_server_fails_quickly(
    mongo_server: MongoServer,
    mongo_database: str,
    fault: Callable[[FaultProxy], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether refused, silent or reset: one finding, after one call's timeout."""
    assert SHIPPED["app.services.mongodb.client._TIMEOUT_MS"] <= 2500
    monkeypatch.setattr(mongodb_client, "_TIMEOUT_MS", 400)  # to keep the test short
    with FaultProxy(mongo_server.host, mongo_server.port) as proxy:
        fault(proxy)
        start = time.monotonic()
        found = check(f"mongodb://{proxy.host}:{proxy.port}/?directConnection=true", mongo_database)
        assert time.monotonic() - start < 25  # the client's own limit is 30 s
    assert levels(found) == {"server": FAILED}
    assert "network" in found[0].advice
