"""Image stores: files, S3 on two servers, and a store behind a cache."""

import contextlib
import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from app.errors import ImageNotFound
from app.ports import ImageStore
from app.services.caching.caching_store import CachingStore
from app.services.caching.image_cache import TwoLevelCache
from app.services.caching.redis import RedisCache
from app.services.files.image_store import LocalImageStore
from app.services.s3.store import S3Store
from tests.support.concurrency.threads import in_threads
from tests.support.servers.databases import RedisServer, S3Server, new_bucket, s3_client
from tests.support.servers.free_ports import HOST, free_port
from tests.support.stores.image_stores import s3_store

ALL = ("files", "seaweedfs", "moto", "cached")
LARGE = bytes(range(256)) * 8 * 1024


@pytest.fixture(scope="module")
def moto_address() -> Iterator[str]:
    """Run a second, different S3 server and return its address."""
    server = ThreadedMotoServer(ip_address=HOST, port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def files(tmp_path: Path) -> LocalImageStore:
    """Return a store on files."""
    return LocalImageStore(tmp_path / "store")


@pytest.fixture(scope="module")
def seaweedfs(s3_server: S3Server) -> Iterator[S3Store]:
    """Return a store on SeaweedFS."""
    with contextlib.closing(s3_client(s3_server)) as client:
        bucket = new_bucket(s3_server, client)
    with s3_store(s3_server, bucket) as store:
        yield store


@pytest.fixture(scope="module")
def moto(moto_address: str, s3_server: S3Server) -> Iterator[S3Store]:
    """Return a store on moto."""
    bucket = f"test-{uuid.uuid4().hex}"
    with contextlib.closing(s3_client(s3_server, endpoint_url=moto_address)) as client:
        client.create_bucket(Bucket=bucket)
    with s3_store(s3_server, bucket, endpoint_url=moto_address) as store:
        yield store


@pytest.fixture
def cached(files: LocalImageStore, redis_flushed: RedisServer) -> Iterator[CachingStore]:
    """Return a store on files with Valkey in front of it."""
    shared = RedisCache(redis_flushed.patient_url)
    with contextlib.closing(TwoLevelCache(memory_bytes=10_000_000, shared=shared)) as cache:
        yield CachingStore(files, cache)


@pytest.fixture(params=ALL)
def store(request: pytest.FixtureRequest) -> ImageStore:
    """Return each implementation in turn."""
    made: ImageStore = request.getfixturevalue(request.param)
    return made


def a_key(folder: str = "images", extension: str = "png") -> str:
    """Return an unused object key."""
    return f"{folder}/{uuid.uuid4()}.{extension}"


@pytest.mark.parametrize("data", [b"", b"\0", b"\r\n\xff\xfe", LARGE], ids=len)
def test_an_object_is_read_byte_for_byte(store: ImageStore, data: bytes) -> None:
    """An object is read exactly as it was stored, each time, empty or two megabytes long."""
    key = a_key()
    store.put(key, data, content_type="image/png")
    assert [store.get(key).data for _ in range(2)] == [data, data]


@pytest.mark.parametrize(
    ("extension", "content_type"),
    [
        ("png", "image/png"),
        ("webp", "image/webp"),
        ("jpeg", "image/jpeg"),
        ("bin", "application/octet-stream"),
    ],
)
def test_an_object_keeps_its_type(store: ImageStore, extension: str, content_type: str) -> None:
    """An object is returned with the type that it was stored with."""
    key = a_key("originals", extension)
    store.put(key, b"x", content_type=content_type)
    assert [store.get(key).content_type for _ in range(2)] == [content_type] * 2


def test_an_object_reports_when_it_was_stored(store: ImageStore) -> None:
    """The time is UTC in whole seconds, as HTTP needs it, and the same at every read."""
    key, before = a_key(), datetime.now(UTC)
    store.put(key, b"x", content_type="image/png")
    first, second = store.get(key).modified, store.get(key).modified
    assert first == second
    assert (first.utcoffset(), first.microsecond) == (timedelta(0), 0)
    slack = timedelta(seconds=2)
    assert before - slack <= first <= datetime.now(UTC) + slack


def test_storing_again_replaces(store: ImageStore) -> None:
    """The last content is returned, even if the old one was read in between."""
    key = a_key()
    for data in (b"first", b"second and longer", b""):
        store.put(key, data, content_type="image/png")
        assert store.get(key).data == data


def test_an_absent_object_is_not_found(store: ImageStore) -> None:
    """An object that was never stored raises ImageNotFound."""
    store.put(a_key(), b"x", content_type="image/png")
    with pytest.raises(ImageNotFound):
        store.get(a_key())


def test_a_deleted_object_is_gone(store: ImageStore) -> None:
    """A deleted object is absent, even if it had been read, and others stay."""
    gone, kept = a_key(), a_key()
    for key in (gone, kept):
        store.put(key, b"x", content_type="image/png")
        store.get(key)
    store.delete(gone)
    with pytest.raises(ImageNotFound):
        store.get(gone)
    assert store.get(kept).data == b"x"


def test_deleting_an_absent_object_succeeds(store: ImageStore) -> None:
    """A deletion can be repeated."""
    key = a_key()
    store.delete(key)
    store.put(key, b"x", content_type="image/png")
    store.delete(key)
    store.delete(key)


def test_a_working_store_responds(store: ImageStore) -> None:
    """The ping succeeds, repeatedly."""
    store.ping()
    store.ping()


def test_threads_store_and_read_their_own_objects(store: ImageStore) -> None:
    """Each of sixteen concurrent threads reads exactly what it stored."""

    def work(number: int) -> None:
        for turn in range(4):
            key, data = a_key(), bytes([number, turn]) * 5000
            store.put(key, data, content_type="image/png")
            assert store.get(key).data == data

    in_threads(16, work)


@pytest.mark.parametrize("store", ["files", "seaweedfs", "cached"], indirect=True)  # moto can 500
def test_readers_never_see_part_of_an_object(store: ImageStore) -> None:
    """While an object is replaced repeatedly, every reader gets one complete version."""
    key, versions = a_key(), [bytes([number]) * 300_000 for number in range(4)]
    store.put(key, versions[0], content_type="image/png")

    def work(number: int) -> None:
        for turn in range(5):
            if number % 4 == 0:
                data = versions[(number // 4 + turn) % 4]
                store.put(key, data, content_type="image/png")
            assert store.get(key).data in versions

    in_threads(16, work)


def test_files_have_no_public_url(files: LocalImageStore, cached: CachingStore) -> None:
    """Files have no public URL, cached or not."""
    assert [store.public_url("images/x.png") for store in (files, cached)] == [None, None]


def test_keys_are_independent(store: ImageStore) -> None:
    """The same name in another folder or with another extension is another object."""
    name = str(uuid.uuid4())
    keys = [f"{folder}/{name}.{end}" for folder, end in itertools.product("ab", ("png", "webp"))]
    for key in keys:
        store.put(key, key.encode(), content_type="image/png")
    assert [store.get(key).data.decode() for key in keys] == keys
