"""How defects of the library's storages, and damage in them, are kept from callers."""

import time
from collections.abc import Callable

import pytest
from redis import Redis

from app.models import Rate
from app.services.mongodb.client import MongoDatabase
from app.services.rate_limiting.backend import OpenStorage, StorageBackend
from app.services.rate_limiting.limiter import BackendUnavailable
from tests.support.servers.databases import RedisServer

RATE = Rate(7, 60)


class Storage:
    """A storage in memory whose responses a test decides."""

    def __init__(self) -> None:
        self.refusals = 0
        self.entries: list[float] = []

    def acquire_entry(self, _key: str, limit: int, _expiry: int, amount: int = 1) -> bool:
        """Add entries, unless there is no room or a test wants a refusal."""
        if self.refusals or len(self.entries) + amount > limit:
            self.refusals = max(0, self.refusals - 1)
            return False
        self.entries += [NOW] * amount
        return True

    def get_moving_window(self, _key: str, _limit: int, _expiry: int) -> tuple[float, int]:
        """Return all entries, however old."""
        return (min(self.entries), len(self.entries)) if self.entries else (NOW, 0)

    def clear(self, _key: str) -> None:
        """Delete all entries."""
        self.entries.clear()


NOW = 1000.0


@pytest.fixture
def storage() -> Storage:
    """Make a storage."""
    return Storage()


@pytest.fixture
def backend(storage: Storage) -> StorageBackend:
    """Count in it."""
    opened = OpenStorage(storage=storage, close=lambda: None)
    return StorageBackend("test", lambda: opened, now=lambda: NOW)


def test_a_refusal_without_reason_is_retried(storage: Storage, backend: StorageBackend) -> None:
    """MongoDB refuses one of two requests that are the first of their key; a retry is counted."""
    storage.refusals = 1
    status = backend.hit(RATE, "a")
    assert (status.allowed, status.remaining) == (True, 6)


def test_refusals_without_reason_are_retried_twice(
    storage: Storage, backend: StorageBackend
) -> None:
    """After that another backend counts the request."""
    storage.refusals = 9
    with pytest.raises(BackendUnavailable):
        backend.hit(RATE, "a")
    assert storage.refusals == 6


@pytest.mark.parametrize("add", [True, False])
def test_a_clock_that_was_set_back_refuses_no_request(
    storage: Storage, backend: StorageBackend, add: bool
) -> None:
    """Entries that would count for longer than two windows are deleted."""
    storage.entries = [NOW + 61] * 7
    assert backend.hit(RATE, "a", add=add).allowed


def test_clocks_that_differ_delete_nothing(storage: Storage, backend: StorageBackend) -> None:
    """Entries of a server whose clock is ahead count; no wait is longer than the window."""
    storage.entries = [NOW + 30] * 7
    status = backend.hit(RATE, "a")
    assert (status.allowed, status.remaining, status.reset) == (False, 0, 60)


@pytest.mark.parametrize(
    "damage",
    [
        lambda redis, key: redis.set(key, b"\xff\x00"),
        lambda redis, key: redis.lpush(key, b"\xff", b"9" * 400, b"-1", b""),
        lambda redis, key: redis.hset(key, "a", "b"),
    ],
    ids=["string", "list", "hash"],
)
def test_foreign_data_in_redis_is_deleted(
    redis: StorageBackend, redis_flushed: RedisServer, damage: Callable[[Redis, str], object]
) -> None:
    """Whatever is stored under a key, its caller is counted."""
    with Redis.from_url(redis_flushed.url) as client:
        redis.hit(RATE, "a")
        (key,) = client.keys("image-api:rate:*")
        client.delete(key)
        damage(client, key)
        statuses = [redis.hit(RATE, "a") for _ in range(9)]
    assert sum(status.allowed for status in statuses) == 7


def test_redis_entries_expire(redis: StorageBackend, redis_flushed: RedisServer) -> None:
    """Nothing stays in Redis for longer than the window, and keys do not name callers."""
    redis.hit(RATE, "address 192.0.2.1")
    with Redis.from_url(redis_flushed.url) as client:
        (key,) = client.keys("*")
        assert 0 < client.ttl(key) <= 60
        assert b"192" not in key


@pytest.mark.parametrize("entries", ["x", 7, None, ["a", "b"]])
def test_foreign_data_in_mongodb_is_deleted(
    mongodb: StorageBackend, mongo: MongoDatabase, entries: object
) -> None:
    """Whatever is stored under a key, its caller is counted."""
    mongodb.hit(RATE, "a")
    mongo.collection("rate_limits").update_one({}, {"$set": {"entries": entries}})
    statuses = [mongodb.hit(RATE, "a") for _ in range(9)]
    assert sum(status.allowed for status in statuses) == 7


def test_mongodb_entries_expire(mongodb: StorageBackend, mongo: MongoDatabase) -> None:
    """Documents are deleted by MongoDB some time after the window, and do not name callers."""
    mongodb.hit(RATE, "address 192.0.2.1")
    collection = mongo.collection("rate_limits")
    assert any("expireAfterSeconds" in index for index in collection.index_information().values())
    document = collection.find_one()
    assert document is not None
    assert document["expireAt"].timestamp() <= time.time() + 60
    assert "192" not in document["_id"]
    assert collection.database.list_collection_names() == ["rate_limits"]
