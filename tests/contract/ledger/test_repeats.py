"""Changes of the ledger that are repeated by the network, by servers, or after an update."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from app.errors import RecordsUnavailable
from app.models import Budget, Spending
from app.models.billing import operation_digest
from app.ports.ledger import OPERATION_DAYS
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.ledger import MongoLedger
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.ledger import SqliteLedger
from tests.contract.ledger.test_ledger import NOON
from tests.support.servers.databases import MongoServer
from tests.support.servers.fault_proxy import FaultProxy

BUDGET = {"a": Budget(micros=100, period="day"), "": None}
DAY = "2026-11-23"


@pytest.fixture
def client(mongo_server: MongoServer) -> Iterator[MongoClient[dict[str, Any]]]:
    """Make a client for the test itself."""
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        yield client


@pytest.mark.parametrize("pattern", [b"\0\x03$push", b"made_at\0"])
def test_a_change_whose_response_is_lost_is_repeated_without_harm(
    mongo_server: MongoServer, mongo_database: str, pattern: bytes
) -> None:
    """The caller does not know whether it was made, and its repeat completes it."""
    with (
        FaultProxy(mongo_server.host, mongo_server.port) as proxy,
        closing(
            MongoDatabase(
                uri=f"mongodb://{proxy.host}:{proxy.port}/?directConnection=true&retryWrites=false",
                name=mongo_database,
            )
        ) as database,
    ):
        ledger = MongoLedger(database)
        assert ledger.spent("a", DAY) == Spending()
        proxy.hold_at(pattern, forward=True)
        with pytest.raises(RecordsUnavailable):
            ledger.reserve("one", BUDGET, 60, NOON)
        proxy.pass_through()
        for _ in range(2):
            assert ledger.reserve("one", BUDGET, 60, NOON) is None
        assert ledger.spent("a", DAY) == ledger.spent("", DAY) == Spending(micros=60)


def test_an_interrupted_change_is_completed(
    mongo_server: MongoServer, mongo_database: str, client: MongoClient[dict[str, Any]]
) -> None:
    """After a crash between two windows, a repeat adds to the missing ones only."""
    with closing(MongoDatabase(uri=mongo_server.uri, name=mongo_database)) as database:
        ledger = MongoLedger(database)
        ledger.record_spending("one", ["a"], Spending(micros=60), NOON)
        windows = client[mongo_database]["spending"]
        windows.delete_one({"_id": f"#{operation_digest('one').hex()}"})
        windows.delete_one({"_id": "a/2026-11"})
        ledger.record_spending("one", ["a"], Spending(micros=60), NOON)
        assert ledger.spent("a", DAY) == ledger.spent("a", "2026-11") == Spending(micros=60)


def test_windows_of_earlier_versions_are_continued(
    mongo_server: MongoServer, mongo_database: str, client: MongoClient[dict[str, Any]]
) -> None:
    """They have no operations yet; budgets go on from their amounts."""
    with closing(MongoDatabase(uri=mongo_server.uri, name=mongo_database)) as database:
        ledger = MongoLedger(database)
        spent = Spending(micros=50, images=2, images_of_unknown_cost=1)
        ledger.record_spending("old", ["a"], spent, NOON)
        client[mongo_database]["spending"].update_many({}, {"$unset": {"recent": ""}})
        for _ in range(2):
            assert ledger.reserve("one", BUDGET, 40, NOON) is None
            assert ledger.reserve("two", BUDGET, 11, NOON) == "a"
        expected = Spending(micros=90, images=2, images_of_unknown_cost=1)
        assert ledger.spent("a", DAY) == ledger.spent("a", "2026-11") == expected
        assert list(ledger.days("a", NOON.date(), NOON.date()).values()) == [expected]


def test_operations_do_not_accumulate_in_mongodb(
    mongo_server: MongoServer,
    mongo_database: str,
    client: MongoClient[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A window has the newest ones only, and MongoDB deletes the documents of old ones."""
    monkeypatch.setattr("app.services.mongodb.ledger._MAX_RECENT", 4)
    with closing(MongoDatabase(uri=mongo_server.uri, name=mongo_database)) as database:
        ledger = MongoLedger(database)
        for number in range(9):
            ledger.record_spending(str(number), ["a"], Spending(micros=1), NOON)
    spending = client[mongo_database]["spending"]
    window = spending.find_one({"_id": f"a/{DAY}"})
    assert window is not None
    assert (window["micros"], len(window["recent"])) == (9, 4)
    index = spending.index_information()["operations"]
    assert index["expireAfterSeconds"] == OPERATION_DAYS * 86_400
    assert spending.count_documents({"made_at": {"$type": "date"}}) == 9


def test_operations_do_not_accumulate_in_sqlite(tmp_path: Path) -> None:
    """Each change deletes some of the expired ones."""
    path, change = tmp_path / "records.sqlite3", Spending(micros=1)
    with closing(SqliteDatabase(path)) as file:
        ledger = SqliteLedger(file)
        for number in range(8):
            ledger.record_spending(str(number), ["a"], change, NOON)
        with closing(sqlite3.connect(path)) as other, other:
            older = "UPDATE operations SET seconds = seconds - ? WHERE rowid <= 6"
            other.execute(older, (OPERATION_DAYS * 86_400 + 60,))
        for number in range(2):
            ledger.record_spending(f"new {number}", ["a"], change, NOON)
        ledger.record_spending("7", ["a"], change, NOON)  # not expired
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM operations").fetchone() == (4,)
        total = "SELECT micros FROM spending WHERE account = 'a' AND window = '2026-11'"
        assert other.execute(total).fetchone() == (10,)
