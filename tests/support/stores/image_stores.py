"""Images, sources that count their reads, and S3 stores on the test servers."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.models import StoredImage
from app.services.s3.client import Bucket
from app.services.s3.store import S3Store
from tests.support.servers.databases import S3Server
from tests.support.servers.fault_proxy import FaultProxy

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def image(data: bytes = b"the image") -> StoredImage:
    """Make an image of these bytes."""
    return StoredImage(data=data, content_type="image/png", modified=NOON)


class CountingSource:
    """Returns an image or raises an error, and counts its calls."""

    def __init__(self, result: StoredImage | Exception) -> None:
        self.result, self.reads = result, 0
        self.started, self.released = threading.Event(), threading.Event()
        self.released.set()

    def __call__(self) -> StoredImage:
        """Return the image once released."""
        self.reads += 1
        self.started.set()
        assert self.released.wait(60)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def unexpected() -> StoredImage:
    """Fail, because the cache should have had the image."""
    raise AssertionError("read again")


@contextlib.contextmanager
def s3_store(server: S3Server, bucket: str, **changes: Any) -> Iterator[S3Store]:
    """Make a store on a bucket of this server, or of another endpoint or with other keys."""
    made = Bucket(
        name=bucket,
        region=server.region,
        access_key_id=server.access_key,
        secret_access_key=server.secret_key,
        endpoint_url=server.endpoint_url,
    )
    with contextlib.closing(S3Store(replace(made, **changes))) as store:
        yield store


@contextlib.contextmanager
def proxied_s3_store(server: S3Server, bucket: str) -> Iterator[tuple[S3Store, FaultProxy]]:
    """Make a store behind a proxy that can break its connections."""
    with FaultProxy(server.host, server.port) as proxy:
        endpoint = f"http://{proxy.host}:{proxy.port}"
        with s3_store(server, bucket, endpoint_url=endpoint) as store:
            yield store, proxy
