"""Fixtures of the fault matrix; failures of its checks are explained."""

from collections.abc import Iterator

import pytest

from tests.faults.crash_servers import Start, crash_servers
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import MongoServer, RedisServer, S3Server
from tests.support.service import unused_parts

pytest.register_assert_rewrite("tests.faults.checks")


@pytest.fixture(scope="module")
def start_crash_server(
    s3_server: S3Server,
    mongo_server: MongoServer,
    redis_server: RedisServer,
    fake_openai_server: FakeOpenAI,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Start]:
    """Return the start of servers that the crashes of a module share."""
    with (
        unused_parts(s3_server, mongo_server, redis_server, fake_openai_server) as parts,
        crash_servers(parts, lambda: tmp_path_factory.mktemp("crashes")) as start,
    ):
        yield start
