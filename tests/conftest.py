"""Fixtures for all tests: real servers, the fake OpenAI server, and the network guard."""

import gc
import logging
import os
import uuid
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.attacks.marks import Observe, make_observe
from tests.attacks.summary import print_attacks
from tests.faults.summary import print_matrix
from tests.support.concurrency.order import mix
from tests.support.fake_openai import FakeOpenAI
from tests.support.network_guard import block_network, clean_environment
from tests.support.servers.certificates import Certificates, make_certificates
from tests.support.servers.databases import (
    MongoServer,
    RedisServer,
    S3Server,
    memory_folder,
    new_bucket,
    s3_client,
    seaweedfs,
    secantusdb,
    valkey,
)

if TYPE_CHECKING:
    from openai import OpenAI

    from tests.support.service import Parts


def pytest_configure() -> None:
    """Install the guards before any test module is imported, and configure Hypothesis."""
    clean_environment(os.environ)
    block_network()
    # The same examples in every run, so that more of them would find no more in the next one; and
    # no failures because of a busy machine.
    settings.register_profile(
        "repeatable", max_examples=50, deadline=None, derandomize=True, database=None
    )
    settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exclude what is collected from garbage collection, and look for the rest less often."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(5_000, 10, 100)
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mix tests that wait with tests that compute, if several processes share them."""
    if hasattr(config, "workerinput"):
        items[:] = mix(items, lambda item: item.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Distribute the tests by file, and those of some long files one by one."""
    from tests.support.concurrency.scheduler import FileScheduling

    return FileScheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Look for garbage once: pytest will do it five times more, in what is new since then."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the fault matrix; the printing process loads no conftest of a subfolder."""
    print_matrix(terminalreporter)
    print_attacks(terminalreporter)


@pytest.fixture(scope="session", autouse=True)
def _services_of_tests() -> None:
    """Let services wait longer than shipped, for a busy machine, and begin with less work."""
    from tests.support.cheap_starts import make_starts_cheap  # imports the app: after the guards
    from tests.support.time_limits import be_patient

    be_patient()
    make_starts_cheap()


@pytest.fixture(autouse=True)
def _unchanged_logging() -> Iterator[None]:
    """Undo what an application in a test configures, because other tests read the log."""
    logger = logging.getLogger("app")
    level, propagate, handlers = logger.level, logger.propagate, list(logger.handlers)
    yield
    if logger.level != level:  # setting it clears the caches of all loggers
        logger.setLevel(level)
    logger.propagate, logger.handlers = propagate, handlers


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Iterator[Observe]:
    """Check and record the result of an attack; a test that reports none fails."""
    yield make_observe(request.node)
    reported = any(name == "attack" for name, _ in request.node.user_properties)
    assert reported, "nothing was observed"


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
def mongo_server() -> Iterator[MongoServer]:
    """Run one MongoDB server for all tests; none of them kills it."""
    with memory_folder("secantusdb") as folder, secantusdb(folder, sync=False) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Run one Redis server for all tests."""
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make one authority and server certificate for all tests."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def bucket_client(s3_server: S3Server) -> Iterator[Any]:
    """Return one client for all buckets, because creating a client is slow."""
    client = s3_client(s3_server)
    yield client
    client.close()


@pytest.fixture
def s3_bucket(s3_server: S3Server, bucket_client: Any) -> str:
    """Create an empty bucket and return its name."""
    return new_bucket(s3_server, bucket_client)


@pytest.fixture
def mongo_database(mongo_server: MongoServer) -> str:  # noqa: ARG001  reason: the server must run
    """Return the name of an unused database."""
    return f"test_{uuid.uuid4().hex}"


@pytest.fixture
def redis_flushed(redis_server: RedisServer) -> RedisServer:
    """Return the Redis server, emptied."""
    from redis import Redis

    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server


@pytest.fixture(scope="session")
def fake_openai_server() -> Iterator[FakeOpenAI]:
    """Run one fake OpenAI server for all tests, which use it by `fake_openai`."""
    with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
def fake_openai(fake_openai_server: FakeOpenAI) -> Iterator[FakeOpenAI]:
    """Return the fake OpenAI server, reset."""
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
    """Return the real parts, each behind a proxy."""
    from tests.support.service import real_parts  # imports the app, which needs the guards first

    with real_parts(
        s3_server, s3_bucket, mongo_server, mongo_database, redis_flushed, fake_openai
    ) as found:
        yield found


@pytest.fixture(scope="session")
def openai_client(fake_openai_server: FakeOpenAI) -> Iterator["OpenAI"]:
    """Return the official client for the fake server, without retries."""
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
    """Return the settings of servers that share S3 and MongoDB."""
    from tests.support.service import (
        openai_settings,  # imports the app, which needs the guards first
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
