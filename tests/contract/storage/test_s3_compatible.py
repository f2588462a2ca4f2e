"""Stores that refuse what only Amazon S3 knows: everything works on them, with and without TLS."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.models import Level
from app.services.diagnostics.s3 import check_bucket
from app.services.s3.store import S3Store
from tests.support.servers.certificates import Certificates
from tests.support.servers.databases import S3Server
from tests.support.servers.free_ports import HOST
from tests.support.servers.s3_filter import S3Filter, s3_filter
from tests.support.servers.s3_refusals import PROFILES
from tests.support.stores.image_stores import s3_store

KEY = "images/0b1f6e9c-8f57-4b55-9a9b-3d1f7d0b7a10.png"
LARGE = bytes(range(256)) * 8 * 1024
VIRTUAL_HOSTS_ONLY = {
    "tencent-cos": "http://cos.ap-beijing.myqcloud.com",
    "alibaba-oss": "http://oss-cn-hangzhou.aliyuncs.com",
}


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    """Return each kind of store in turn."""
    name: str = request.param
    return name


@pytest.fixture
def proxy(s3_server: S3Server, profile: str) -> Iterator[S3Filter]:
    """Put the refusals of this kind in front of a real server."""
    with s3_filter(s3_server, profile) as made:
        yield made


def use(store: S3Store) -> None:
    """Write, read twice, list and delete an object; a missing one is not found."""
    store.ping()
    store.put(KEY, LARGE, content_type="image/png")
    assert [store.get(KEY).data for _ in range(2)] == [LARGE] * 2  # by the SDK, then without it
    assert store.get(KEY).content_type == "image/png"
    assert list(store.keys("images/")) == [KEY]
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(ImageNotFound):
        store.get(KEY)
    store.ping()


def refused(proxy: S3Filter) -> list[str]:
    """Return the methods of the requests that the store refused."""
    return [request.method for request in proxy.requests if proxy.refusal_of(request)]


def test_all_operations_work(s3_server: S3Server, s3_bucket: str, proxy: S3Filter) -> None:
    """Nothing of what the store refuses is sent, apart from a HEAD that is followed by a list."""
    with s3_store(s3_server, s3_bucket, endpoint_url=proxy.url) as store:
        use(store)
    assert refused(proxy) in ([], ["HEAD"])


def test_doctor_finds_nothing_wrong(s3_server: S3Server, s3_bucket: str, proxy: S3Filter) -> None:
    """The checks use the same requests as the service."""
    with s3_store(s3_server, s3_bucket, endpoint_url=proxy.url) as store:
        found = list(check_bucket(store, now=lambda: datetime.now(UTC)))
    assert {finding.level for finding in found} == {Level.OK}, found


def test_all_operations_work_with_tls(
    s3_server: S3Server, s3_bucket: str, certificates: Certificates
) -> None:
    """With TLS the SDK would send the checksum behind a chunked body; here it sends neither."""
    changes = {"ca_bundle": str(certificates.authority)}
    with (
        s3_filter(s3_server, "everything", certificates.server_context) as proxy,
        s3_store(s3_server, s3_bucket, endpoint_url=proxy.url, **changes) as store,
    ):
        use(store)
        assert refused(proxy) == ["HEAD"]
        puts = [request.headers for request in proxy.requests if request.method == "PUT"]
    assert [put["content-length"] for put in puts] == [str(len(LARGE))]
    assert puts[0]["x-amz-content-sha256"] == hashlib.sha256(LARGE).hexdigest()


@pytest.mark.parametrize("kind", VIRTUAL_HOSTS_ONLY)
def test_stores_with_a_host_name_for_each_bucket(
    s3_server: S3Server, s3_bucket: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their endpoints are known, so that nothing has to be set; the bucket is in the host name."""
    endpoint = VIRTUAL_HOSTS_ONLY[kind]
    with s3_filter(s3_server, kind) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)  # so that no name is looked up
        with s3_store(s3_server, s3_bucket, endpoint_url=endpoint) as store:
            use(store)
            host = endpoint.removeprefix("http://")
            assert store.public_url(KEY) == f"http://{s3_bucket}.{host}/{KEY}"
        assert {request.headers["host"] for request in proxy.requests} == {f"{s3_bucket}.{host}"}
        assert refused(proxy) == []


def test_the_addressing_style_can_be_set(
    s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an unknown store the bucket is in the path, unless the setting says otherwise."""
    with s3_filter(s3_server) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        changes = {"endpoint_url": "http://store.test", "addressing_style": "virtual"}
        with s3_store(s3_server, s3_bucket, **changes) as store:
            use(store)
        assert {request.headers["host"] for request in proxy.requests} == {
            f"{s3_bucket}.store.test"
        }


class _OldLists(BaseHTTPRequestHandler):
    """Lists two keys a page, and knows only the first version of the call."""

    protocol_version = "HTTP/1.1"
    keys: ClassVar = [f"images/{number}.png" for number in range(5)]
    ignores_marker = False

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        marker = "" if self.ignores_marker else query.get("marker", [""])[0]
        left = [key for key in self.keys if key > marker]
        entries = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in left[:2])
        truncated = str(len(left) > 2).lower()
        body = (
            f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{entries}</ListBucketResult>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextlib.contextmanager
def old_lists(**attributes: Any) -> Iterator[str]:
    """Run that store and return its address."""
    handler = type("Handler", (_OldLists,), attributes)
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_list_without_tokens_is_read_to_its_end(s3_server: S3Server) -> None:
    """Old Ceph takes the second version of the call for the first one."""
    with old_lists() as url, s3_store(s3_server, "bucket", endpoint_url=url) as store:
        assert list(store.keys("images/")) == _OldLists.keys


def test_a_list_that_does_not_advance_is_an_outage(s3_server: S3Server) -> None:
    """A store that ignores the position would be listed forever."""
    with (
        old_lists(ignores_marker=True) as url,
        s3_store(s3_server, "bucket", endpoint_url=url) as store,
        pytest.raises(StorageUnavailable, match="advance"),
    ):
        list(store.keys("images/"))
