"""Real parts for every row."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps import Parts, real_parts
from tests.fake_openai import FakeOpenAI
from tests.servers import MongoServer, RedisServer, S3Server, new_bucket, s3_client

pytest.register_assert_rewrite("tests.faults.checks")


@pytest.fixture(scope="package")
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
def parts(
    s3_server: S3Server,
    s3_bucket: str,
    mongo_server: MongoServer,
    mongo_database: str,
    redis_flushed: RedisServer,
    fake_openai: FakeOpenAI,
) -> Iterator[Parts]:
    """Give the real parts, each behind a proxy, with a new bucket and a new database."""
    with real_parts(
        s3_server, s3_bucket, mongo_server, mongo_database, redis_flushed, fake_openai
    ) as found:
        yield found
