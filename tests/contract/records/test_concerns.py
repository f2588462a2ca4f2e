"""A database that forgets acknowledged writes, or answers from a member that lags behind."""

import logging
from collections.abc import Iterator
from typing import Any

import pymongo
import pytest
from pymongo import MongoClient, monitoring
from pymongo.read_concern import ReadConcern

from app.container.selection import log_selection
from app.errors import RecordsUnavailable
from app.models import Budget, PageQuery, Spending
from app.services.mongodb.api_keys import MongoApiKeys
from app.services.mongodb.client import MongoDatabase, make_client, overridden_options
from app.services.mongodb.ledger import MongoLedger
from app.services.mongodb.records import MongoRecords
from tests.attacks import Observe, attack
from tests.support.builders import NOON, a_record
from tests.support.concurrency.threads import in_threads
from tests.support.servers.databases import MongoServer
from tests.support.service import settings_for

WEAK = (
    ("w=0", "w"),
    ("w=1", "w"),
    ("w=0&journal=false", "w, journal"),
    ("W=1&JOURNAL=false", "w, journal"),
    ("w=2&wtimeoutMS=1", "w, wtimeoutms"),
    ("readConcernLevel=local", "readconcernlevel"),
    ("readConcernLevel=available&w=majority", "readconcernlevel"),
    ("readPreference=secondary", "readpreference"),
    ("readPreference=nearest&maxStalenessSeconds=120", "readpreference, maxstalenessseconds"),
    (
        "readPreference=secondaryPreferred&readPreferenceTags=dc:a&readPreferenceTags=",
        "readpreference, readpreferencetags",
    ),
)
WRITES = frozenset({"insert", "update", "delete", "findAndModify", "createIndexes"})
READS = frozenset({"find", "aggregate", "count"})
CONFIRMED = {"w": "majority", "j": True}


class Sent(monitoring.CommandListener):
    """Keeps the concern of each command that is sent."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, object]] = []
        self.reads: list[tuple[str, object]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Note the command."""
        if event.command_name in WRITES:
            self.writes.append((event.command_name, event.command.get("writeConcern")))
        elif event.command_name in READS:
            concern = event.command.get("readConcern") or {}
            self.reads.append((event.command_name, concern.get("level")))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Ignore it."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Ignore it."""


def use(database: MongoDatabase) -> None:
    """Call each method of each adapter."""
    records, ledger, keys = MongoRecords(database), MongoLedger(database), MongoApiKeys(database)
    record = a_record()
    assert records.insert(record)
    assert records.compare_and_swap(record, record)
    assert records.get(record.id)
    records.find("claim")
    records.page(PageQuery(limit=1))
    records.page(PageQuery(limit=1, words=["fox"]))
    records.recount(fix=True)
    records.expired_leases(NOON, limit=1)
    records.scan(limit=1)
    records.forget_claims(NOON)
    records.delete(record.id)
    ledger.reserve("x", {"": Budget(micros=9, period="day")}, 1, NOON)
    ledger.record_spending("y", [""], Spending(micros=1), NOON)
    ledger.days("", NOON.date(), NOON.date())
    keys.get("x")


@pytest.fixture
def refuse(mongo_server: MongoServer) -> Iterator[Any]:
    """Return a function that makes the server answer commands with a failure."""
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:

        def fail(commands: list[str], **data: object) -> None:
            client.admin.command(
                {
                    "configureFailPoint": "failCommand",
                    "mode": "alwaysOn",
                    "data": {"failCommands": commands, **data},
                }
            )

        yield fail
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            options,
            marks=attack(
                f"MONGODB_URI with {options}", expect="written and read by a majority, journaled"
            ),
        )
        for options, _ in WEAK
    ],
)
def test_the_uri_cannot_weaken_what_is_written(
    mongo_server: MongoServer, mongo_database: str, options: str, observe: Observe
) -> None:
    """Every write waits for a majority's journal, and every read is of what a majority has."""
    sent = Sent()
    client: MongoClient[dict[str, Any]] = make_client(
        f"{mongo_server.uri}&{options}", listeners=[sent]
    )
    with client:
        use(MongoDatabase(uri="", name=mongo_database, client=client))
    assert {name for name, _ in sent.writes} == WRITES
    assert {name for name, _ in sent.reads} == READS - {"count"}
    writes = [concern == CONFIRMED for _, concern in sent.writes]
    reads = [level == "majority" for _, level in sent.reads]
    observe(
        "written and read by a majority, journaled"
        if all(writes) and all(reads)
        else f"{writes.count(False)} of {len(writes)} writes and {reads.count(False)} of "
        f"{len(reads)} reads without a majority"
    )


def test_a_client_with_weak_defaults_does_not_weaken_the_collections(
    mongo_server: MongoServer, mongo_database: str
) -> None:
    """The concerns belong to the collections, whatever the client's own are."""
    with MongoClient[dict[str, Any]](f"{mongo_server.uri}&w=0&readPreference=secondary") as client:
        collection = MongoDatabase(uri="", name=mongo_database, client=client).collection("x")
    assert collection.write_concern.document == CONFIRMED
    assert collection.read_concern == ReadConcern("majority")
    assert collection.read_preference.name == "Primary"


@pytest.mark.parametrize(("options", "names"), WEAK)
def test_overridden_options_are_named_in_the_log(
    caplog: pytest.LogCaptureFixture, options: str, names: str
) -> None:
    """One line names the options of the URI that have no effect, and none of its secrets."""
    uri = f"mongodb://user:hunter2@h/?{options}&appName=x"
    assert ", ".join(overridden_options(uri)) == names
    with caplog.at_level(logging.WARNING, "app"):
        log_selection(settings_for(mongodb_uri=uri))
    (line,) = [text for text in caplog.messages if "MONGODB_URI" in text]
    assert f"MONGODB_URI: {names}" in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "uri",
    ["mongodb://h/", "mongodb://h/db?appName=w&retryWrites=true&w=majority&readPreference=primary"],
)
def test_other_options_are_kept(uri: str, caplog: pytest.LogCaptureFixture) -> None:
    """They are no concern, so there is no line."""
    assert overridden_options(uri) == ()
    with caplog.at_level(logging.WARNING, "app"):
        log_selection(settings_for(mongodb_uri=uri))
    assert not [text for text in caplog.messages if "MONGODB_URI" in text]
    with make_client(uri, connect=False) as client:
        assert client.options.retry_writes


WRITE_ERRORS = (
    ("NotWritablePrimary", {"errorCode": 10107}),
    ("PrimarySteppedDown", {"errorCode": 189}),
    ("a majority that does not confirm in time", {"writeConcernError": {
        "code": 64, "errmsg": "waiting for replication timed out", "errInfo": {"wtimeout": True}}}),
    ("too few members for a majority", {"writeConcernError": {
        "code": 100, "errmsg": "Not enough data-bearing nodes"}}),
    ("a shutdown before the majority confirms", {"writeConcernError": {
        "code": 91, "errmsg": "Replication is being shut down"}}),
    ("a rollback while the majority is awaited", {"writeConcernError": {
        "code": 11602, "errmsg": "operation was interrupted"}}),
)  # fmt: skip


@pytest.mark.parametrize(
    "data", [data for _, data in WRITE_ERRORS], ids=[n for n, _ in WRITE_ERRORS]
)
def test_an_unconfirmed_write_is_an_outage(
    mongo_server: MongoServer, mongo_database: str, refuse: Any, data: dict[str, object]
) -> None:
    """It may have been made, so it is neither a success nor a refusal."""
    # The SDK repeats some writes until the time is over, so it is short here. After some failures
    # it waits for the server's next message, which a real change of the primary would send.
    options = "&serverMonitoringMode=poll&heartbeatFrequencyMS=500&timeoutMS=400"
    client = MongoClient[dict[str, Any]](mongo_server.uri + options, tz_aware=True)
    database = MongoDatabase(uri="", name=mongo_database, client=client)
    records, ledger = MongoRecords(database), MongoLedger(database)
    record = a_record()
    with pymongo.timeout(30):
        assert records.insert(record)
    refuse(["insert", "update", "findAndModify"], **data)
    budget = {"": Budget(micros=9, period="day")}
    writes = (
        lambda: records.insert(a_record()),
        lambda: records.compare_and_swap(record, record),
        lambda: ledger.reserve("x", budget, 1, NOON),
        lambda: ledger.reserve("z", {"": None}, 1, NOON),
        lambda: ledger.record_spending("y", [""], Spending(micros=1), NOON),
    )

    def is_outage(number: int) -> bool:
        with pytest.raises(RecordsUnavailable):
            writes[number]()
        return True

    assert all(in_threads(len(writes), is_outage))
    database.close()
