"""Fixtures that every test may use: the real servers, the fake of OpenAI, and the guards."""

import gc
import os
import sys
import uuid
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.attacks.marks import Seen, noting
from tests.attacks.summary import print_attacks
from tests.faults.page import print_matrix
from tests.support.fake_openai import FakeOpenAI
from tests.support.network_guard import block_network, clean_environment
from tests.support.servers.databases import (
    MongoServer,
    RedisServer,
    S3Server,
    new_bucket,
    s3_client,
    seaweedfs,
    secantusdb,
    valkey,
)

if TYPE_CHECKING:
    from openai import OpenAI

    from tests.support.service import Parts

_MAX_FIRST = ("tests/soak", "tests/faults", "tests/schema", "tests/e2e")


def pytest_configure() -> None:
    """Put up the guards before any module of a test is imported."""
    clean_environment(os.environ)
    sys.dont_write_bytecode = False
    block_network()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among what is loaded here, now or later: it stays until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rooms whose files take longest, so that no process ends long after others."""
    items.sort(key=lambda item: [not item.nodeid.startswith(room) for room in _MAX_FIRST])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the fault matrix. Here, since the process that prints loads no conftest below."""
    print_matrix(terminalreporter)
    print_attacks(terminalreporter)


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Iterator[Seen]:
    """Check and note what an attack has led to; a test that never tells is no attack."""
    yield noting(request.node)
    reported = any(name == "attack" for name, _ in request.node.user_properties)
    assert reported, "nothing was seen"


@pytest.fixture
def truncated_responses() -> Iterator[None]:
    """Collect sockets of truncated responses within the test.

    botocore leaves them to the garbage collector.
    """
    yield
    gc.collect()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run one S3 server for all tests."""
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """Run one MongoDB server for all tests; none of them kills it."""
    with secantusdb(tmp_path_factory.mktemp("secantusdb"), sync=False) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Run one Redis server for all tests."""
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def bucket_client(s3_server: S3Server) -> Iterator[Any]:
    """Make one client for all buckets: each takes a while to make."""
    client = s3_client(s3_server)
    yield client
    client.close()


@pytest.fixture
def s3_bucket(s3_server: S3Server, bucket_client: Any) -> str:
    """Name a bucket that is new and empty."""
    return new_bucket(s3_server, bucket_client)


@pytest.fixture
def mongo_database(mongo_server: MongoServer) -> str:  # noqa: ARG001  reason: the server must run
    """Name a database that nobody has used."""
    return f"test_{uuid.uuid4().hex}"


@pytest.fixture
def redis_flushed(redis_server: RedisServer) -> RedisServer:
    """Give the Redis server without anything in it."""
    from redis import Redis

    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server


@pytest.fixture(scope="session")
def fake_openai_server() -> Iterator[FakeOpenAI]:
    """Run one fake of OpenAI for all tests; a test takes `fake_openai`."""
    with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
def fake_openai(fake_openai_server: FakeOpenAI) -> Iterator[FakeOpenAI]:
    """Give the fake of OpenAI with nothing scripted and nothing counted."""
    fake_openai_server.reset()
    yield fake_openai_server
    fake_openai_server.reset()


@pytest.fixture
def parts(
    s3_server: S3Server,
    s3_bucket: str,
    mongo_server: MongoServer,
    mongo_database: str,
    redis_flushed: RedisServer,
    fake_openai: FakeOpenAI,
) -> Iterator["Parts"]:
    """Give the real parts, each behind a proxy."""
    from tests.support.service import real_parts  # with the whole app, which the guards come before

    with real_parts(
        s3_server, s3_bucket, mongo_server, mongo_database, redis_flushed, fake_openai
    ) as found:
        yield found


@pytest.fixture(scope="session")
def openai_client(fake_openai_server: FakeOpenAI) -> Iterator["OpenAI"]:
    """Make the official client for the fake; it does not retry. Loading certificates takes time."""
    from openai import OpenAI

    key, url = fake_openai_server.api_key, fake_openai_server.base_url
    with OpenAI(api_key=key, base_url=url, max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture
def shared(
    s3_server: S3Server,
    s3_bucket: str,
    mongo_server: MongoServer,
    mongo_database: str,
    fake_openai: FakeOpenAI,
) -> dict[str, Any]:
    """Give the settings of servers that share S3 and MongoDB."""
    from tests.support.service import (
        openai_settings,  # with the whole app, which the guards come before
    )

    return openai_settings(fake_openai) | {
        "aws_access_key_id": s3_server.access_key,
        "aws_secret_access_key": s3_server.secret_key,
        "aws_region": s3_server.region,
        "s3_bucket_name": s3_bucket,
        "s3_endpoint_url": s3_server.endpoint_url,
        "mongodb_uri": mongo_server.uri,
        "mongodb_database": mongo_database,
    }
