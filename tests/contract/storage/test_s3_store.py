"""Failures of S3, on a real server: none of them looks like a missing image."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.services.s3 import session as settings
from app.services.s3.client import Bucket
from app.services.s3.store import S3Store
from tests.support.concurrency.threads import in_threads
from tests.support.servers.canned_response import canned_server
from tests.support.servers.databases import S3Server, new_bucket, s3_client
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.stores.image_stores import proxied_s3_store, s3_store
from tests.support.tables import each_row
from tests.support.time_limits import SHIPPED

KEPT, KEY = "images/kept.png", "images/x.png"
LARGE = bytes(2_000_000)
_MISSING = b"<Error><Code>NoSuchKey</Code></Error>"
NO_SUCH_KEY = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_MISSING),
    _MISSING,
)
Proxied = tuple[S3Store, FaultProxy]


def calls(store: S3Store) -> list[Callable[[], object]]:
    """List the store's operations."""
    return [
        lambda: store.get(KEY),
        lambda: store.put(KEY, b"x", content_type="image/png"),
        lambda: store.delete(KEY),
        store.ping,
    ]


def assert_unavailable(store: S3Store, server: S3Server) -> None:
    """Check that every operation fails, with an error that holds no address, key or bucket."""

    def one(number: int) -> None:
        with pytest.raises(StorageUnavailable) as caught:
            calls(store)[number]()
        text = f"{caught.value} {caught.value.detail} {caught.value.message}"
        for private in (server.secret_key, server.access_key, str(server.port), "test-", "absent"):
            assert private not in text
        assert caught.value.detail.startswith("S3")
        assert caught.value.retry_after

    in_threads(4, one)


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server) -> str:
    """Return the name of a bucket with one object."""
    with contextlib.closing(s3_client(s3_server)) as client:
        name = new_bucket(s3_server, client)
        client.put_object(Bucket=name, Key=KEPT, Body=LARGE)
    return name


@pytest.fixture(scope="module")
def breakable(s3_server: S3Server, bucket: str) -> Iterator[Proxied]:
    """Make a store behind a proxy."""
    with proxied_s3_store(s3_server, bucket) as made:
        yield made


@pytest.fixture
def proxied(breakable: Proxied) -> Proxied:
    """Return that store, with a working connection."""
    store, proxy = breakable
    proxy.restore()
    store.ping()
    return breakable


@pytest.mark.parametrize("wrong", ["secret_access_key", "access_key_id"])
def test_wrong_keys_are_an_outage(s3_server: S3Server, bucket: str, wrong: str) -> None:
    """No image is reported missing because S3 refuses the credentials."""
    with s3_store(s3_server, bucket, **{wrong: "wrong"}) as store:
        assert_unavailable(store, s3_server)


def test_an_absent_bucket_is_an_outage(s3_server: S3Server) -> None:
    """No image is reported missing because its bucket is, and the bucket is not created."""
    with s3_store(s3_server, "absent-bucket") as store:
        assert_unavailable(store, s3_server)
    with contextlib.closing(s3_client(s3_server)) as client:
        names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    assert "absent-bucket" not in names


def test_a_server_that_is_down_is_an_outage_until_it_is_back(
    proxied: Proxied, s3_server: S3Server
) -> None:
    """Refused connections are an outage; the first call after it succeeds."""
    store, proxy = proxied
    proxy.refuse()
    assert_unavailable(store, s3_server)
    proxy.restore()
    assert store.get(KEPT).data == LARGE
    with pytest.raises(ImageNotFound):
        store.get("images/other.png")


def test_reset_connections_are_an_outage_until_they_work(
    proxied: Proxied, s3_server: S3Server
) -> None:
    """Reset connections are an outage, and have no effect afterwards."""
    store, proxy = proxied
    proxy.reset()
    assert_unavailable(store, s3_server)
    proxy.restore()
    assert store.get(KEPT).data == LARGE


def test_a_silent_server_times_out(
    s3_server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are two attempts of three seconds each."""
    assert SHIPPED["app.services.s3.session._READ_SECONDS"] <= 3
    monkeypatch.setattr(settings, "_READ_SECONDS", 0.5)  # to keep the test short
    with proxied_s3_store(s3_server, bucket) as (store, proxy):
        store.ping()
        proxy.black_hole()
        began = time.monotonic()
        assert_unavailable(store, s3_server)
        assert time.monotonic() - began < 25  # a busy machine is slow


def test_a_slow_server_is_waited_for(proxied: Proxied) -> None:
    """A slow response is no outage."""
    store, proxy = proxied
    proxy.delay(0.3)
    store.put(KEY, b"x", content_type="image/png")
    assert store.get(KEY).data == b"x"


def test_a_broken_pooled_connection_is_replaced(proxied: Proxied) -> None:
    """A connection that broke while it was idle causes no error."""
    store, proxy = proxied
    proxy.refuse()
    proxy.restore()
    store.put(KEY, b"x", content_type="image/png")
    proxy.refuse()
    proxy.restore()
    assert store.get(KEY).data == b"x"


def test_objects_are_marked_immutable(proxied: Proxied, s3_server: S3Server, bucket: str) -> None:
    """Caches may keep an object that is read from the bucket directly."""
    proxied[0].put(KEY, b"x", content_type="image/png")
    with contextlib.closing(s3_client(s3_server)) as client:
        head = client.head_object(Bucket=bucket, Key=KEY)
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert head["ContentType"] == "image/png"


AMAZON = "amazonaws.com"
COS = "https://cos.ap-beijing.myqcloud.com"


@each_row(
    "changes, base, address",
    [
        ({}, None, f"https://images.s3.eu-west-1.{AMAZON}"),
        ({"region": "us-east-1"}, None, f"https://images.s3.us-east-1.{AMAZON}"),
        ({"region": "cn-north-1"}, None, f"https://images.s3.cn-north-1.{AMAZON}.cn"),
        ({"region": "us-gov-west-1"}, None, f"https://images.s3.us-gov-west-1.{AMAZON}"),
        ({"name": "my.images"}, None, f"https://s3.eu-west-1.{AMAZON}/my.images"),
        ({"addressing_style": "path"}, None, f"https://s3.eu-west-1.{AMAZON}/images"),
        ({"endpoint_url": "http://127.0.0.1:8333"}, None, "http://127.0.0.1:8333/images"),
        ({"endpoint_url": "http://127.0.0.1/s3/"}, None, "http://127.0.0.1/s3/images"),
        (
            {"endpoint_url": "http://s3.test:9000", "addressing_style": "virtual"},
            None,
            "http://images.s3.test:9000",
        ),
        ({"endpoint_url": COS}, None, COS.replace("cos", "images.cos")),
        ({"endpoint_url": COS, "addressing_style": "path"}, None, f"{COS}/images"),
        ({}, "https://cdn.example.com/p", "https://cdn.example.com/p"),
        ({"endpoint_url": COS}, "https://cdn.example.com", "https://cdn.example.com"),
    ],
)
def test_public_urls_of_objects(changes: dict[str, Any], base: str | None, address: str) -> None:
    """Their base is the configured URL, else that to which the SDK sends requests."""
    bucket = replace(Bucket(name="images", region="eu-west-1"), **changes)
    with contextlib.closing(S3Store(bucket, public_base=base)) as store:
        assert store.public_url("images/x.png") == f"{address}/images/x.png"


def test_temporary_credentials(s3_server: S3Server) -> None:
    """Every request has their token, also those that the SDK does not send."""
    with (
        canned_server(NO_SUCH_KEY) as server,
        s3_store(s3_server, "b", endpoint_url=server.address, session_token="the-token") as store,
    ):
        for _ in range(2):
            with pytest.raises(ImageNotFound):
                store.get(KEY)
        store.delete(KEY)
    assert len(server.requests) == 3
    for request in server.requests:
        assert b"x-amz-security-token: the-token" in request.lower()


def test_public_urls_match_those_of_a_compatible_server(s3_server: S3Server, bucket: str) -> None:
    """The server knows the object by this URL, though it requires a signature."""
    known = Bucket(name=bucket, region="x", endpoint_url=s3_server.endpoint_url)
    address = S3Store(known).public_url(KEPT)
    with contextlib.closing(s3_client(s3_server)) as client:
        signed = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": KEPT})
    assert signed.partition("?")[0] == address
