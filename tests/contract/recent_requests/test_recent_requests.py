"""Keys of recent requests: SQLite, a MongoDB server, and the fake of other tests."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from app.errors import RecordsUnavailable
from app.ports import RecentRequests
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.recent_requests import MongoRecentRequests
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.recent_requests import SqliteRecentRequests
from app.usecases.generation.retries import RequestKeys, digest_of
from tests.support.concurrency.threads import in_threads
from tests.support.fakes.ports import FakeClock, FakeRecentRequests
from tests.support.servers.databases import MongoServer

NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)  # no TTL index deletes it
LATER = NOW + timedelta(minutes=10)
EVEN_LATER = LATER + timedelta(hours=1)


def _join(recent: RecentRequests, name: str, now: datetime, until: datetime, number: int) -> str:
    return recent.join("a", f"{name} {number}", now=now, until=until)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteRecentRequests]:
    """Keep them in a new file."""
    with closing(SqliteRecentRequests(SqliteDatabase(tmp_path / "records.sqlite3"))) as made:
        yield made


@pytest.fixture
def mongodb(mongo_server: MongoServer, mongo_database: str) -> Iterator[MongoRecentRequests]:
    """Keep them in a new database of a MongoDB server."""
    database = MongoDatabase(uri=mongo_server.uri, name=mongo_database)
    with closing(MongoRecentRequests(database)) as made:
        yield made


@pytest.fixture
def fake() -> FakeRecentRequests:
    """Make the fake that the tests of use cases use."""
    return FakeRecentRequests([])


@pytest.fixture(params=["sqlite", "mongodb", "fake"])
def recent(request: pytest.FixtureRequest) -> RecentRequests:
    """Return each implementation in turn."""
    made: RecentRequests = request.getfixturevalue(request.param)
    return made


@pytest.fixture(params=["sqlite", "mongodb"])
def atomic(request: pytest.FixtureRequest) -> RecentRequests:
    """Return each implementation that several threads can use."""
    made: RecentRequests = request.getfixturevalue(request.param)
    return made


def test_a_request_joins_an_equal_recent_one(recent: RecentRequests) -> None:
    """The first key stays, and its time too; other requests have keys of their own."""
    assert recent.join("a", "first", now=NOW, until=LATER) == "first"
    assert recent.join("a", "second", now=NOW, until=EVEN_LATER) == "first"
    assert recent.join("b", "third", now=NOW, until=LATER) == "third"
    almost = LATER - timedelta(milliseconds=1)
    assert recent.join("a", "fourth", now=almost, until=EVEN_LATER) == "first"
    assert recent.join("a", "fifth", now=LATER, until=EVEN_LATER) == "fifth"
    assert recent.join("a", "sixth", now=LATER, until=EVEN_LATER) == "fifth"


def test_a_new_request_replaces_an_equal_one(recent: RecentRequests) -> None:
    """Later retries join the newest one, for its own time."""
    recent.replace("a", "first", now=NOW, until=LATER)
    recent.replace("a", "second", now=NOW, until=LATER + timedelta(minutes=1))
    assert recent.join("a", "third", now=LATER, until=EVEN_LATER) == "second"


def test_of_concurrent_requests_one_stores_its_key(atomic: RecentRequests) -> None:
    """All others join it, for a new digest as for one whose key has expired."""
    for name, now, until in (("new", NOW, LATER), ("expired", LATER, EVEN_LATER)):
        keys = in_threads(12, partial(_join, atomic, name, now, until))
        assert len(set(keys)) == 1
        assert keys[0].startswith(name)


def test_expired_keys_are_deleted(sqlite: SqliteRecentRequests) -> None:
    """The next write deletes them, so the file does not grow with each request."""
    for digest in "abc":
        sqlite.replace(digest, "key", now=NOW, until=LATER)
    sqlite.replace("d", "key", now=LATER, until=EVEN_LATER)
    with sqlite._database.connection() as connection:
        assert connection.execute("SELECT digest FROM recent_requests").fetchall() == [("d",)]


def test_mongodb_deletes_them_by_an_index(mongodb: MongoRecentRequests) -> None:
    """The index deletes documents at the time that they carry; writes are majority ones."""
    mongodb.replace("a", "key", now=NOW, until=LATER)
    collection = mongodb._collection()
    index = collection.index_information()["expiry"]
    assert (list(index["key"]), index["expireAfterSeconds"]) == ([("until", 1)], 0)
    assert collection.write_concern.document == {"w": "majority", "j": True}


def test_a_store_that_is_down_is_reported() -> None:
    """So that nothing is paid for without a key that a retry would find."""
    uri = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=50"
    with closing(MongoRecentRequests(MongoDatabase(uri=uri, name="images"))) as down:
        with pytest.raises(RecordsUnavailable):
            down.join("a", "key", now=NOW, until=LATER)
        with pytest.raises(RecordsUnavailable):
            down.replace("a", "key", now=NOW, until=LATER)


def test_a_request_is_remembered_for_some_seconds() -> None:
    """By the clock of the store; a key is made up if none is given."""
    clock, recent = FakeClock(), FakeRecentRequests([])
    keys = RequestKeys(recent=recent, clock=clock)
    first = keys.join("a", seconds=600)
    clock.advance(599)
    assert keys.join("a", "new", seconds=600) == first
    clock.advance(1)
    assert keys.join("a", "new", seconds=600) == "new"
    replaced = keys.replace("a", seconds=600)
    assert keys.join("a", seconds=600) == replaced != "new"
    assert keys.replace("a", "mine", seconds=600) == keys.join("a", seconds=600) == "mine"


def test_a_digest_stands_for_caller_route_and_body() -> None:
    """The order of members does not matter; everything else does."""
    digest = digest_of("ann", "/v1", {"prompt": "fox", "n": 1})
    assert digest == digest_of("ann", "/v1", {"n": 1, "prompt": "fox"})
    others = [
        digest_of("bob", "/v1", {"prompt": "fox", "n": 1}),
        digest_of("ann", "/v2", {"prompt": "fox", "n": 1}),
        digest_of("ann", "/v1", {"prompt": "fox", "n": 2}),
        digest_of("ann", "/v1", {"prompt": "fox", "n": "1"}),
        digest_of("an", "n/v1", {"prompt": "fox", "n": 1}),
    ]
    assert len({digest, *others}) == 6
