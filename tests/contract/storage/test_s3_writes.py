"""An object store that confirms writes and stores something else."""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from app.errors import ObjectDamaged
from app.services.s3.store import S3Store
from tests.attacks import Observe, attack
from tests.support.servers.databases import S3Server, new_bucket
from tests.support.servers.s3_filter import S3Filter, s3_filter
from tests.support.servers.s3_lies import WRITES, Write, answering_writes, writing
from tests.support.stores.image_stores import s3_store

KEY = "originals/0b1f6e9c-8f57-4b55-9a9b-3d1f7d0b7a10.png"
DATA = bytes(range(256)) * 100
_FAILED = "the write has failed"


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server, bucket_client: Any) -> str:
    """Return the name of a bucket for all tests."""
    return new_bucket(s3_server, bucket_client)


@pytest.fixture(scope="module")
def shared(s3_server: S3Server, bucket: str) -> Iterator[tuple[S3Store, S3Filter]]:
    """Make a store behind a proxy."""
    with (
        s3_filter(s3_server) as proxy,
        s3_store(s3_server, bucket, endpoint_url=proxy.url) as store,
    ):
        yield store, proxy


@pytest.fixture
def proxied(shared: tuple[S3Store, S3Filter]) -> tuple[S3Store, S3Filter]:
    """Return that store, which is honest and empty."""
    store, proxy = shared
    proxy.lies = ()
    store.delete(KEY)
    proxy.requests.clear()
    return shared


def _cases(prefix: str) -> list[object]:
    return [
        pytest.param(write, marks=attack(f"{prefix}{name}", expect=_FAILED), id=name)
        for name, write in WRITES.items()
    ]


def _outcome(store: S3Store) -> str:
    with contextlib.suppress(ObjectDamaged):
        store.put(KEY, DATA, content_type="image/png")
        return "the write is taken for a success"
    return _FAILED


@pytest.mark.parametrize("write", _cases("A new object: "))
def test_a_write_that_stores_something_else_fails(
    proxied: tuple[S3Store, S3Filter],
    bucket: str,
    bucket_client: Any,
    write: Write,
    observe: Observe,
) -> None:
    """It is noticed by ETag, length and metadata; once the store is well, it succeeds."""
    store, proxy = proxied
    proxy.lies = (writing(KEY, write, partial(_put, bucket_client, bucket)),)
    observe(_outcome(store))
    proxy.lies = ()
    store.put(KEY, DATA, content_type="image/png")
    assert store.get(KEY).data == DATA


@attack("An object that replaces another of its size: nothing is stored", expect=_FAILED)
def test_a_write_that_leaves_the_old_object_fails(
    proxied: tuple[S3Store, S3Filter], observe: Observe
) -> None:
    """The old object has the right length, but other metadata and an earlier time."""
    store, proxy = proxied
    store.put(KEY, DATA[::-1], content_type="image/png")
    proxy.lies = (writing(KEY, WRITES["nothing is stored"], lambda *_: None),)
    observe(_outcome(store))


@pytest.mark.parametrize(
    ("etag", "requests"),
    [(None, "PUT HEAD"), ("0" * 32, "PUT HEAD GET"), ("b2dKwA-3", "PUT HEAD"), ("x", "PUT HEAD")],
)
def test_stores_with_other_etags(
    proxied: tuple[S3Store, S3Filter], etag: str | None, requests: str
) -> None:
    """A store without ETags, or with others than MD5, is checked with one or two more requests."""
    store, proxy = proxied
    proxy.lies = (answering_writes(etag),)
    store.put(KEY, DATA, content_type="image/png")
    assert " ".join(request.method for request in proxy.requests) == requests


def test_an_honest_write_costs_one_head(proxied: tuple[S3Store, S3Filter]) -> None:
    """Nothing is read back, and the store verifies the MD5 that is sent."""
    store, proxy = proxied
    store.put(KEY, DATA, content_type="image/png")
    assert [request.method for request in proxy.requests] == ["PUT", "HEAD"]
    assert proxy.requests[0].headers["content-md5"]


def _put(client: Any, bucket: str, key: str, body: bytes) -> None:
    client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="image/png")
