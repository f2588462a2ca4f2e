"""What every key ring promises: SQLite, a MongoDB server, an imitation of one, and the fake."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import mongomock
import pytest
from pymongo import MongoClient

from app.errors import RecordsUnavailable
from app.models import Budget, Scope
from app.ports import ApiKeyRepository
from app.services.mongodb.api_keys import MongoApiKeys
from app.services.mongodb.client import MongoDatabase
from app.services.sqlite.api_keys import SqliteApiKeys
from app.services.sqlite.database import SqliteDatabase
from tests.support.concurrency.threads import at_once
from tests.support.fakes.api_keys import NOON, FakeApiKeys, a_key
from tests.support.servers.databases import MongoServer

PRECISE = NOON + timedelta(milliseconds=678)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteApiKeys]:
    """Make a ring in a new file."""
    with closing(SqliteApiKeys(SqliteDatabase(tmp_path / "data" / "records.sqlite3"))) as ring:
        yield ring


@pytest.fixture
def mongodb(mongo_server: MongoServer, mongo_database: str) -> Iterator[MongoApiKeys]:
    """Make a ring in a new database of a MongoDB server."""
    database = MongoDatabase(uri=mongo_server.uri, name=mongo_database)
    with closing(MongoApiKeys(database)) as ring:
        yield ring


@pytest.fixture
def mongomock_(mongo_database: str) -> MongoApiKeys:
    """Make a ring on an imitation of a MongoDB client."""
    return MongoApiKeys(
        MongoDatabase(uri="", name=mongo_database, client=mongomock.MongoClient(tz_aware=True))
    )


@pytest.fixture
def fake() -> FakeApiKeys:
    """Make the ring of the use cases' tests."""
    return FakeApiKeys([])


@pytest.fixture(params=["sqlite", "mongodb", "mongomock_", "fake"])
def ring(request: pytest.FixtureRequest) -> ApiKeyRepository:
    """Give each implementation in turn."""
    made: ApiKeyRepository = request.getfixturevalue(request.param)
    return made


def test_a_key_comes_back_as_it_was_inserted(ring: ApiKeyRepository) -> None:
    """Every field survives, by id and by name: times to the millisecond, budgets exactly."""
    full = a_key(
        scopes=frozenset(Scope),
        rate="30/minute",
        budget=Budget(micros=2**40 + 1, period="month"),
        created_at=PRECISE,
        expires_at=PRECISE + timedelta(days=90),
        revoked_at=PRECISE + timedelta(seconds=1),
        previous_hash="the one before",
        previous_until=PRECISE + timedelta(hours=24),
    )
    bare = a_key("0000000000", scopes=frozenset())
    for key in (full, bare):
        assert ring.insert(key)
        assert ring.get(key.id) == ring.find(key.name) == key


def test_what_is_not_there_is_none(ring: ApiKeyRepository) -> None:
    """Unknown ids and names give None, and so do operators of a database in their place."""
    assert ring.list() == []
    ring.insert(a_key())
    for text in ("", "unknown", "%", "$ne", '{"$gt": ""}', "' OR 1=1 --"):
        assert ring.get(text) is None
        assert ring.find(text) is None


@pytest.mark.parametrize("same", ["id", "name"])
def test_ids_and_names_are_never_used_twice(ring: ApiKeyRepository, same: str) -> None:
    """A second key of an id or a name is refused, and the first one stays, revoked or not."""
    first = a_key(revoked_at=PRECISE)
    other = a_key("0000000000", hash="another")
    assert ring.insert(first)
    assert not ring.insert(replace(other, **{same: getattr(first, same)}))
    assert ring.list() == [first]


def test_keys_are_listed_by_age(ring: ApiKeyRepository) -> None:
    """The oldest comes first, and ids decide where times are equal."""
    later = PRECISE + timedelta(milliseconds=1)
    made = [a_key("b"), a_key("a"), a_key("c", created_at=PRECISE), a_key("A", created_at=later)]
    for key in made:
        ring.insert(key)
    assert [key.id for key in ring.list()] == ["a", "b", "c", "A"]


def test_an_exchange_needs_what_was_seen(ring: ApiKeyRepository) -> None:
    """Whoever saw another secret, or didn't see the revocation, changes nothing."""
    key, other = a_key(), a_key("0000000000")
    for each in (key, other):
        ring.insert(each)
    rotated = replace(key, hash="new", previous_hash=key.hash, previous_until=PRECISE)
    revoked = replace(rotated, revoked_at=PRECISE)
    assert not ring.compare_and_swap(rotated, revoked)
    assert ring.compare_and_swap(key, rotated)
    assert not ring.compare_and_swap(key, replace(key, hash="late"))
    assert ring.compare_and_swap(rotated, revoked)
    assert not ring.compare_and_swap(rotated, replace(rotated, hash="late"))
    assert not ring.compare_and_swap(a_key("unknown"), a_key("unknown"))
    assert ring.list() == [other, revoked]


def test_of_many_exchanges_one_succeeds(ring: ApiKeyRepository) -> None:
    """Eight threads that rotate one key at the same time: one wins, and its secret is kept."""
    key = a_key()
    ring.insert(key)
    won = at_once(8, lambda number: ring.compare_and_swap(key, replace(key, hash=f"new {number}")))
    found = ring.get(key.id)
    assert won.count(True) == 1
    assert found is not None
    assert found.hash == f"new {won.index(True)}"


def test_what_can_not_be_asked_is_no_absence(tmp_path: Path) -> None:
    """A store out of reach raises RecordsUnavailable, and never says that there is no key."""
    (tmp_path / "records.sqlite3").write_bytes(b"no database at all" * 100)
    client: MongoClient[dict[str, Any]] = MongoClient("mongodb://127.0.0.1:9", timeoutMS=100)
    nowhere = MongoDatabase(uri="", name="none", client=client)
    for ring in (
        SqliteApiKeys(SqliteDatabase(tmp_path / "records.sqlite3")),
        MongoApiKeys(nowhere),
    ):
        with closing(ring), pytest.raises(RecordsUnavailable):
            ring.get("Ab3dEf6hIj")
        with closing(ring), pytest.raises(RecordsUnavailable):
            ring.insert(a_key())
