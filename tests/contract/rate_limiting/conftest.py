"""Every backend in turn, patient enough for a busy test machine."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.services.mongodb.client import MongoDatabase
from app.services.rate_limiting.backend import (
    StorageBackend,
    mongodb_backend,
    redis_backend,
    sqlite_backend,
)
from tests.support.servers.databases import MongoServer, RedisServer

PATIENCE = 30.0
"""Seconds to wait for a backend, which a service in use would give up on after 90 ms."""


@pytest.fixture
def redis(redis_flushed: RedisServer) -> Iterator[StorageBackend]:
    """Count in Valkey."""
    with contextlib.closing(redis_backend(redis_flushed.patient_url)) as backend:
        yield backend


@pytest.fixture
def mongo(mongo_server: MongoServer, mongo_database: str) -> Iterator[MongoDatabase]:
    """Give an empty database."""
    with contextlib.closing(MongoDatabase(uri=mongo_server.uri, name=mongo_database)) as database:
        yield database


@pytest.fixture
def mongodb(mongo: MongoDatabase) -> StorageBackend:
    """Count in MongoDB."""
    return mongodb_backend(mongo, timeout_seconds=PATIENCE)


@pytest.fixture
def new_file(tmp_path: Path) -> Iterator[Callable[..., StorageBackend]]:
    """Give what makes a backend on one file, as each process of a server does."""
    with contextlib.ExitStack() as stack:

        def make(**options: object) -> StorageBackend:
            waits = {"busy_seconds": PATIENCE, "queue_seconds": PATIENCE}
            backend = sqlite_backend(tmp_path / "limits", **(waits | options))  # type: ignore[arg-type]  # reason: options of several types
            return stack.enter_context(contextlib.closing(backend))

        yield make


@pytest.fixture
def file(new_file: Callable[..., StorageBackend]) -> StorageBackend:
    """Count in a file."""
    return new_file()


@pytest.fixture
def memory() -> Iterator[StorageBackend]:
    """Count in memory."""
    with contextlib.closing(sqlite_backend()) as backend:
        yield backend


@pytest.fixture(params=["redis", "mongodb", "file", "memory"])
def backend(request: pytest.FixtureRequest) -> StorageBackend:
    """Give each backend in turn."""
    made: StorageBackend = request.getfixturevalue(request.param)
    return made
