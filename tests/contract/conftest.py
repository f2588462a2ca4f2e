"""Fixtures of the contract suites: each implementation of a port in turn."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ports import ImageRecords, Ledger
from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.ledger import MongoLedger
from app.services.mongodb.records import MongoRecords
from app.services.openai.client import lazy_client
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.prompt_writer import OpenAIPromptWriter
from app.services.runtime.lazy_client import LazyClient
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.ledger import SqliteLedger
from app.services.sqlite.records import SqliteRecords
from tests.support.fake_openai import FakeOpenAI
from tests.support.fakes.stores import FakeLedger
from tests.support.openai.checks import MODEL, TIMEOUT_SECONDS
from tests.support.servers.databases import MongoServer

if TYPE_CHECKING:
    from openai import OpenAI


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteRecords]:
    """Make a record store in a new file, in a folder that does not exist yet."""
    with contextlib.closing(
        SqliteRecords(SqliteDatabase(tmp_path / "data" / "records.sqlite3"))
    ) as store:
        yield store


@pytest.fixture
def mongodb(mongo_server: MongoServer, mongo_database: str) -> Iterator[MongoRecords]:
    """Make a record store in a new database of a MongoDB server."""
    with contextlib.closing(
        MongoRecords(MongoDatabase(uri=mongo_server.uri, name=mongo_database))
    ) as store:
        yield store


@pytest.fixture(params=["sqlite", "mongodb"])
def store(request: pytest.FixtureRequest) -> ImageRecords:
    """Return each implementation in turn."""
    made: ImageRecords = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="session")
def lazy_openai(fake_openai_server: FakeOpenAI) -> Iterator["LazyClient[OpenAI]"]:
    """Return the service's own client for the fake, shared because loading certificates is slow."""
    client = lazy_client(api_key=fake_openai_server.api_key, base_url=fake_openai_server.base_url)
    with contextlib.closing(client):
        yield client


@pytest.fixture
def generator(lazy_openai: "LazyClient[OpenAI]", fake_openai: FakeOpenAI) -> OpenAIGenerator:  # noqa: ARG001 - reason: reset for each test
    """Return a generator on the fake."""
    return OpenAIGenerator(lazy_openai, model=MODEL, timeout_seconds=TIMEOUT_SECONDS)


@pytest.fixture
def writer(lazy_openai: "LazyClient[OpenAI]") -> OpenAIPromptWriter:
    """Return a writer on the fake."""
    return OpenAIPromptWriter(lazy_openai, model="gpt-6-luna", rng=random.Random(0))


@pytest.fixture(params=["sqlite", "mongodb", "fake"])
def ledger(
    request: pytest.FixtureRequest, tmp_path: Path, mongo_server: MongoServer, mongo_database: str
) -> Iterator[Ledger]:
    """Return each ledger in turn, empty."""
    if request.param == "fake":
        yield FakeLedger([])
    elif request.param == "sqlite":
        with contextlib.closing(SqliteDatabase(tmp_path / "records.sqlite3")) as file:
            yield SqliteLedger(file)
    else:
        with contextlib.closing(
            MongoDatabase(uri=mongo_server.uri, name=mongo_database)
        ) as database:
            yield MongoLedger(database)
