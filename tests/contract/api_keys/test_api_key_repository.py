"""API key repositories: SQLite, a MongoDB server, mongomock, and the fake of other tests."""

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
from tests.support.concurrency.threads import in_threads
from tests.support.fakes.api_keys import NOON, FakeApiKeys, a_key
from tests.support.servers.databases import MongoServer

PRECISE = NOON + timedelta(milliseconds=678)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteApiKeys]:
    """Make a repository in a new file."""
    with closing(
        SqliteApiKeys(SqliteDatabase(tmp_path / "data" / "records.sqlite3"))
    ) as repository:
        yield repository


@pytest.fixture
def mongodb(mongo_server: MongoServer, mongo_database: str) -> Iterator[MongoApiKeys]:
    """Make a repository in a new database of a MongoDB server."""
    database = MongoDatabase(uri=mongo_server.uri, name=mongo_database)
    with closing(MongoApiKeys(database)) as repository:
        yield repository


@pytest.fixture
def mongomock_(mongo_database: str) -> MongoApiKeys:
    """Make a repository on mongomock, an imitation of a MongoDB client."""
    return MongoApiKeys(
        MongoDatabase(uri="", name=mongo_database, client=mongomock.MongoClient(tz_aware=True))
    )


@pytest.fixture
def fake() -> FakeApiKeys:
    """Make the fake that the tests of use cases use."""
    return FakeApiKeys([])


@pytest.fixture(params=["sqlite", "mongodb", "mongomock_", "fake"])
def repository(request: pytest.FixtureRequest) -> ApiKeyRepository:
    """Return each implementation in turn."""
    made: ApiKeyRepository = request.getfixturevalue(request.param)
    return made


@pytest.fixture(params=["sqlite", "mongodb"])
def atomic_repository(request: pytest.FixtureRequest) -> ApiKeyRepository:
    """Return each implementation whose writes are atomic; the others find and then write."""
    made: ApiKeyRepository = request.getfixturevalue(request.param)
    return made


def test_a_key_is_read_as_it_was_inserted(repository: ApiKeyRepository) -> None:
    """Every field is kept: times to the millisecond, budgets exactly."""
    full = a_key(
        scopes=frozenset(Scope),
        rate="30/minute",
        budget=Budget(micros=2**40 + 1, period="month"),
        created_at=PRECISE,
        expires_at=PRECISE + timedelta(days=90),
        revoked_at=PRECISE + timedelta(seconds=1),
        previous_hash="previous",
        previous_until=PRECISE + timedelta(hours=24),
    )
    minimal = a_key("0000000000", scopes=frozenset())
    for key in (full, minimal):
        assert repository.insert(key)
        assert repository.get(key.id) == repository.find(key.name) == key


def test_an_unknown_key_is_none(repository: ApiKeyRepository) -> None:
    """Query operators in place of an id or a name match nothing either."""
    assert repository.list() == []
    repository.insert(a_key())
    for text in ("", "unknown", "%", "$ne", '{"$gt": ""}', "' OR 1=1 --"):
        assert repository.get(text) is None
        assert repository.find(text) is None


@pytest.mark.parametrize("same", ["id", "name"])
def test_ids_and_names_are_unique(repository: ApiKeyRepository, same: str) -> None:
    """A second key with the same id or name is refused, even if the first is revoked."""
    first = a_key(revoked_at=PRECISE)
    other = a_key("0000000000", hash="another")
    assert repository.insert(first)
    assert not repository.insert(replace(other, **{same: getattr(first, same)}))
    assert repository.list() == [first]


def test_keys_are_listed_by_age(repository: ApiKeyRepository) -> None:
    """The oldest come first; keys of the same time are sorted by id."""
    later = PRECISE + timedelta(milliseconds=1)
    made = [a_key("b"), a_key("a"), a_key("c", created_at=PRECISE), a_key("A", created_at=later)]
    for key in made:
        repository.insert(key)
    assert [key.id for key in repository.list()] == ["a", "b", "c", "A"]


def test_a_swap_needs_the_same_hash_and_revocation(repository: ApiKeyRepository) -> None:
    """With another hash or revocation it returns False and changes nothing."""
    key, other = a_key(), a_key("0000000000")
    for each in (key, other):
        repository.insert(each)
    rotated = replace(key, hash="new", previous_hash=key.hash, previous_until=PRECISE)
    revoked = replace(rotated, revoked_at=PRECISE)
    assert not repository.compare_and_swap(rotated, revoked)
    assert repository.compare_and_swap(key, rotated)
    assert not repository.compare_and_swap(key, replace(key, hash="late"))
    assert repository.compare_and_swap(rotated, revoked)
    assert not repository.compare_and_swap(rotated, replace(rotated, hash="late"))
    assert not repository.compare_and_swap(a_key("unknown"), a_key("unknown"))
    assert repository.list() == [other, revoked]


def test_one_of_many_concurrent_swaps_succeeds(atomic_repository: ApiKeyRepository) -> None:
    """Of eight threads that rotate one key, one gets True, and its hash is stored."""
    key = a_key()
    atomic_repository.insert(key)
    results = in_threads(
        8,
        lambda number: atomic_repository.compare_and_swap(key, replace(key, hash=f"new {number}")),
    )
    found = atomic_repository.get(key.id)
    assert results.count(True) == 1
    assert found is not None
    assert found.hash == f"new {results.index(True)}"


def test_an_unreachable_store_is_an_outage(tmp_path: Path) -> None:
    """It raises RecordsUnavailable, rather than reporting that there is no key."""
    (tmp_path / "records.sqlite3").write_bytes(b"no database at all" * 100)
    client: MongoClient[dict[str, Any]] = MongoClient("mongodb://127.0.0.1:9", timeoutMS=100)
    unreachable = MongoDatabase(uri="", name="none", client=client)
    for repository in (
        SqliteApiKeys(SqliteDatabase(tmp_path / "records.sqlite3")),
        MongoApiKeys(unreachable),
    ):
        with closing(repository), pytest.raises(RecordsUnavailable):
            repository.get("Ab3dEf6hIj")
        with closing(repository), pytest.raises(RecordsUnavailable):
            repository.insert(a_key())
