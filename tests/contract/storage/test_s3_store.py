"""What S3 can do to us, over a real server: nothing of it looks like a missing image."""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.services.s3 import store as settings
from app.services.s3.store import S3Store
from tests.support.concurrency.threads import at_once
from tests.support.servers.databases import S3Server, new_bucket, s3_client
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.stores.image_stores import proxied_s3_store, s3_store

KEPT, KEY = "images/kept.png", "images/x.png"
LARGE = bytes(2_000_000)
Proxied = tuple[S3Store, FaultProxy]


def calls(store: S3Store) -> list[Callable[[], object]]:
    """List all that can be asked of a store."""
    return [
        lambda: store.get(KEY),
        lambda: store.put(KEY, b"x", content_type="image/png"),
        lambda: store.delete(KEY),
        store.ping,
    ]


def assert_unavailable(store: S3Store, server: S3Server) -> None:
    """Check that every call says so, and that the error tells nothing of where and who."""

    def one(number: int) -> None:
        with pytest.raises(StorageUnavailable) as caught:
            calls(store)[number]()
        reported = f"{caught.value} {caught.value.detail} {caught.value.message}"
        for private in (server.secret_key, server.access_key, str(server.port), "test-", "absent"):
            assert private not in reported
        assert caught.value.detail.startswith("S3")
        assert caught.value.retry_after

    at_once(4, one)


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server) -> str:
    """Name a bucket with one object."""
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
    """Give that store with a connection that works so far."""
    store, proxy = breakable
    proxy.restore()
    store.ping()
    return breakable


@pytest.mark.parametrize("wrong", ["secret_access_key", "access_key_id"])
def test_wrong_keys_are_an_outage(s3_server: S3Server, bucket: str, wrong: str) -> None:
    """A server that does not let us in makes no image absent."""
    with s3_store(s3_server, bucket, **{wrong: "wrong"}) as store:
        assert_unavailable(store, s3_server)


def test_an_absent_bucket_is_an_outage(s3_server: S3Server) -> None:
    """A bucket that is gone or misspelt makes no image absent, and is not made anew."""
    with s3_store(s3_server, "absent-bucket") as store:
        assert_unavailable(store, s3_server)
    with contextlib.closing(s3_client(s3_server)) as client:
        names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    assert "absent-bucket" not in names


def test_a_server_that_is_down_is_an_outage_until_it_is_back(
    proxied: Proxied, s3_server: S3Server
) -> None:
    """Refused connections are an outage, and the first call after it finds everything there."""
    store, proxy = proxied
    proxy.refuse()
    assert_unavailable(store, s3_server)
    proxy.restore()
    assert store.get(KEPT).data == LARGE
    with pytest.raises(ImageNotFound):
        store.get("images/other.png")


def test_reset_connections_are_an_outage_until_they_hold(
    proxied: Proxied, s3_server: S3Server
) -> None:
    """A server that hangs up on us is an outage, and nothing of it sticks."""
    store, proxy = proxied
    proxy.reset()
    assert_unavailable(store, s3_server)
    proxy.restore()
    assert store.get(KEPT).data == LARGE


def test_a_silent_server_is_given_up_on_in_time(
    s3_server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that answers nothing is given up on after two tries of three seconds each."""
    assert settings._READ_SECONDS <= 3
    monkeypatch.setattr(settings, "_READ_SECONDS", 0.5)  # lest this test take as long
    with proxied_s3_store(s3_server, bucket) as (store, proxy):
        store.ping()
        proxy.black_hole()
        began = time.monotonic()
        assert_unavailable(store, s3_server)
        assert time.monotonic() - began < 5


def test_a_slow_server_is_waited_for(proxied: Proxied) -> None:
    """Being slow is no outage."""
    store, proxy = proxied
    proxy.delay(0.3)
    store.put(KEY, b"x", content_type="image/png")
    assert store.get(KEY).data == b"x"


def test_a_single_hiccup_is_not_noticed(proxied: Proxied) -> None:
    """A pooled connection that broke while nobody used it costs no caller an error."""
    store, proxy = proxied
    proxy.refuse()
    proxy.restore()
    store.put(KEY, b"x", content_type="image/png")
    proxy.refuse()
    proxy.restore()
    assert store.get(KEY).data == b"x"


def test_objects_may_be_kept_by_caches_for_good(
    proxied: Proxied, s3_server: S3Server, bucket: str
) -> None:
    """Whoever fetches an object from the bucket itself is told that it never changes."""
    proxied[0].put(KEY, b"x", content_type="image/png")
    with contextlib.closing(s3_client(s3_server)) as client:
        head = client.head_object(Bucket=bucket, Key=KEY)
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert head["ContentType"] == "image/png"


@pytest.mark.parametrize(
    ("endpoint", "base", "address"),
    [
        (None, None, "https://images.s3.eu-west-1.amazonaws.com/images/x.png"),
        ("http://127.0.0.1:8333", None, "http://127.0.0.1:8333/images/images/x.png"),
        (None, "https://cdn.example.com/p", "https://cdn.example.com/p/images/x.png"),
        (
            "http://127.0.0.1:8333",
            "https://cdn.example.com",
            "https://cdn.example.com/images/x.png",
        ),
    ],
)
def test_objects_in_a_bucket_have_addresses(
    endpoint: str | None, base: str | None, address: str
) -> None:
    """The public address is the configured one, else the endpoint's, else Amazon's."""
    store = S3Store(bucket="images", region="eu-west-1", endpoint_url=endpoint, public_base=base)
    assert store.public_url("images/x.png") == address


def test_the_address_is_the_one_that_a_compatible_server_expects(
    s3_server: S3Server, bucket: str
) -> None:
    """Under the address the server knows the object, though it lets nobody in without keys."""
    address = S3Store(bucket=bucket, region="x", endpoint_url=s3_server.endpoint_url).public_url(
        KEPT
    )
    with contextlib.closing(s3_client(s3_server)) as client:
        signed = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": KEPT})
    assert signed.partition("?")[0] == address
