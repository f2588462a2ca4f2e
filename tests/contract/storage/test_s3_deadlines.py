"""An object store that sends a byte now and then."""

from collections.abc import Callable, Iterator

import pytest

from app.errors import StorageUnavailable
from app.services.s3.store import S3Store
from tests.attacks.marks import Observe, attack
from tests.support.servers.canned_response import canned_server
from tests.support.servers.certificates import Certificates
from tests.support.servers.databases import S3Server
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.stores.image_stores import s3_store

# botocore leaves the socket of a truncated response to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

KEY = "images/0b1f6e9c-8f57-4b55-9a9b-3d1f7d0b7a10.png"
DATA = b"the image" * 1000
_FAILED = "the read has failed"
DEADLINE_SECONDS = 0.5
PAUSE_SECONDS = 0.25  # below every timeout; the head alone takes more than a minute
CALLS: dict[str, Callable[[S3Store], object]] = {
    "get": lambda store: store.get(KEY),
    "list": lambda store: list(store.keys("images/")),
    "delete": lambda store: store.delete("images/other.png"),
    "ping": lambda store: store.ping(),
}


@pytest.fixture(params=["http", "https"])
def dripping(
    s3_server: S3Server, s3_bucket: str, certificates: Certificates, request: pytest.FixtureRequest
) -> Iterator[tuple[S3Store, FaultProxy]]:
    """Make a store behind a proxy."""
    tls = certificates.server_context if request.param == "https" else None
    with FaultProxy(s3_server.host, s3_server.port, tls) as proxy:
        changes = {
            "endpoint_url": f"{request.param}://{proxy.host}:{proxy.port}",
            "ca_bundle": str(certificates.authority),
        }
        with s3_store(s3_server, s3_bucket) as direct:
            direct.put(KEY, DATA, content_type="image/png")
        with s3_store(s3_server, s3_bucket, **changes) as store:
            yield store, proxy


def test_a_dripping_store_ends_each_call(dripping: tuple[S3Store, FaultProxy]) -> None:
    """Before the SDK has read once, and afterwards, when it is not used for reads."""
    store, proxy = dripping
    for call in CALLS.values():
        _fails_within_its_deadline(store, proxy, call)
    assert store.get(KEY).data == DATA
    _fails_within_its_deadline(store, proxy, CALLS["get"])


def _fails_within_its_deadline(
    store: S3Store, proxy: FaultProxy, call: Callable[[S3Store], object]
) -> None:
    seconds, store.client.read_seconds = store.client.read_seconds, DEADLINE_SECONDS
    proxy.drip(PAUSE_SECONDS)
    with pytest.raises(StorageUnavailable):
        call(store)
    proxy.reset()
    proxy.restore()
    store.client.read_seconds = seconds


@pytest.mark.parametrize(
    "reads_before",
    [
        pytest.param(0, marks=attack("A body of a byte now and then, read first", expect=_FAILED)),
        pytest.param(1, marks=attack("The same, read later", expect=_FAILED)),
    ],
)
def test_a_dripping_body_ends_a_read(
    s3_server: S3Server, reads_before: int, observe: Observe
) -> None:
    """The deadline covers the body, too, of reads by the SDK and of those without it."""
    with (
        canned_server(_head(len(DATA)) + DATA, pause_between_bytes=PAUSE_SECONDS) as server,
        s3_store(s3_server, "bucket", endpoint_url=server.address) as store,
    ):
        for _ in range(reads_before):
            assert store.get(KEY).data == DATA
        server.response = _head(1_000_000)
        store.client.read_seconds = DEADLINE_SECONDS
        with pytest.raises(StorageUnavailable):
            store.get(KEY)
        observe(_FAILED)


def _head(length: int) -> bytes:
    lines = (
        "HTTP/1.1 200 OK",
        "Content-Type: image/png",
        "Last-Modified: Sun, 22 Nov 2026 11:00:00 GMT",
        "Connection: close",
        f"Content-Length: {length}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"
