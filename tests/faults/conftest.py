"""Real parts for every row."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import S3Server, new_bucket, s3_client

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
