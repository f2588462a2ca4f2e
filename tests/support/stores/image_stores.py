"""Makes S3 stores on the test servers."""

import contextlib
from collections.abc import Iterator
from typing import Any

from app.services.s3.store import S3Store
from tests.support.servers.databases import S3Server
from tests.support.servers.fault_proxy import FaultProxy


@contextlib.contextmanager
def s3_store(server: S3Server, bucket: str, **changes: Any) -> Iterator[S3Store]:
    """Make a store on a bucket of this server, or with other arguments."""
    arguments = {
        "bucket": bucket,
        "region": server.region,
        "access_key_id": server.access_key,
        "secret_access_key": server.secret_key,
        "endpoint_url": server.endpoint_url,
    }
    with contextlib.closing(S3Store(**(arguments | changes))) as store:
        yield store


@contextlib.contextmanager
def proxied_s3_store(server: S3Server, bucket: str) -> Iterator[tuple[S3Store, FaultProxy]]:
    """Make a store behind a proxy that can break its connections."""
    with FaultProxy(server.host, server.port) as proxy:
        endpoint = f"http://{proxy.host}:{proxy.port}"
        with s3_store(server, bucket, endpoint_url=endpoint) as store:
            yield store, proxy
