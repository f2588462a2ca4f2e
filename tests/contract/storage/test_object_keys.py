"""Listing of keys, on every image store: files, spool, S3, and S3 behind a cache."""

import contextlib
import itertools
import resource
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import StorageUnavailable
from app.ports import ImageStore
from app.services.caching.caching_store import CachingStore
from app.services.caching.image_cache import TwoLevelCache
from app.services.files.image_store import LocalImageStore
from app.services.files.spool import FileSpool
from app.services.s3.store import S3Store
from tests.support.concurrency.threads import in_threads
from tests.support.servers.databases import S3Server, new_bucket, s3_client
from tests.support.stores.image_stores import proxied_s3_store, s3_store

MANY = 1100  # S3 lists a thousand at a time


def a_cache() -> TwoLevelCache:
    """Make a cache for a store."""
    return TwoLevelCache(memory_bytes=1_000_000)


@pytest.fixture
def files(tmp_path: Path) -> LocalImageStore:
    """Make a store on files."""
    return LocalImageStore(tmp_path / "store")


@pytest.fixture
def spool(tmp_path: Path) -> FileSpool:
    """Make a spool, which lists its keys like a store."""
    return FileSpool(tmp_path / "spool")


@pytest.fixture
def seaweedfs(s3_server: S3Server, s3_bucket: str) -> Iterator[S3Store]:
    """Make a store on SeaweedFS."""
    with s3_store(s3_server, s3_bucket) as store:
        yield store


@pytest.fixture
def cached(seaweedfs: S3Store) -> CachingStore:
    """Make a store behind a cache."""
    return CachingStore(seaweedfs, a_cache())


@pytest.fixture(params=["files", "spool", "seaweedfs", "cached"])
def store(request: pytest.FixtureRequest) -> ImageStore:
    """Return each implementation in turn."""
    made: ImageStore = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="module")
def full_bucket(s3_server: S3Server) -> tuple[str, list[str]]:
    """Return a bucket's name and the keys in it."""
    keys = [f"originals/{uuid.uuid4()}.png" for _ in range(MANY)]
    with contextlib.closing(s3_client(s3_server)) as client:
        name = new_bucket(s3_server, client)

        def put(number: int) -> None:
            for key in keys[number::8]:
                client.put_object(Bucket=name, Key=key, Body=b"x")

        in_threads(8, put)
    return name, sorted(keys)


def test_keys_are_sorted_and_filtered_by_prefix(store: ImageStore) -> None:
    """A prefix can be a folder, part of a name, or an id; other folders' keys are left out."""
    ids = [f"{digits}{str(uuid.uuid4())[2:]}" for digits in ("ab", "ab", "a0", "00", "ff", "9c")]
    extensions = ("bin", "jpeg", "json", "png", "webp")
    keys = [f"originals/{name}.{end}" for name, end in itertools.product(ids, extensions)]
    for key in [*reversed(keys), f"images/{ids[0]}.png"]:
        store.put(key, b"x", content_type="image/png")
    for prefix in (
        "originals/",
        "originals/ab",
        "originals/a",
        f"originals/{ids[0]}",
        f"originals/{ids[0]}.",
        "originals/1",
    ):
        assert list(store.keys(prefix)) == sorted(key for key in keys if key.startswith(prefix))
    assert list(store.keys("images/")) == [f"images/{ids[0]}.png"]
    store.delete(keys[0])
    assert list(store.keys(keys[0])) == []


def test_an_empty_store_has_no_keys(store: ImageStore) -> None:
    """A folder that does not exist yet is no error."""
    assert list(store.keys("originals/")) == []
    store.put("images/0.png", b"x", content_type="image/png")
    assert list(store.keys("originals/ab")) == []


def test_incomplete_files_are_not_listed(files: LocalImageStore, tmp_path: Path) -> None:
    """Files that are being written, or that a crash left incomplete, are no objects."""
    files.put("originals/a.png", b"x", content_type="image/png")
    (tmp_path / "store" / "originals" / ".a.png.0123.tmp").write_bytes(b"half")
    assert list(files.keys("originals/")) == ["originals/a.png"]


def test_reserved_space_is_not_listed(spool: FileSpool) -> None:
    """The space that the spool reserves is no object."""
    spool.put("originals/a.png", b"x", content_type="image/png")
    with spool.room():
        assert list(spool.keys("originals/")) == ["originals/a.png"]


def test_more_keys_than_a_page_holds(
    s3_server: S3Server, full_bucket: tuple[str, list[str]]
) -> None:
    """Each key is listed once and in order, across all pages."""
    name, keys = full_bucket
    with s3_store(s3_server, name) as store:
        assert list(store.keys("originals/")) == keys
        some = [key for key in keys if key.startswith("originals/7")]
        assert list(CachingStore(store, a_cache()).keys("originals/7")) == some


@pytest.mark.parametrize("how", ["refuse", "reset"])
def test_an_outage_during_a_listing(
    s3_server: S3Server, full_bucket: tuple[str, list[str]], how: str
) -> None:
    """An outage before or after the first page never looks like the end of the list."""
    name, keys = full_bucket
    with proxied_s3_store(s3_server, name) as (store, proxy):
        listed = store.keys("originals/")
        seen = [next(listed)]
        getattr(proxy, how)()
        with pytest.raises(StorageUnavailable):
            seen.extend(listed)
        assert seen == keys[: len(seen)] != keys
        with pytest.raises(StorageUnavailable):
            next(store.keys("originals/"))
        proxy.restore()
        assert list(store.keys("originals/")) == keys


@pytest.mark.parametrize("changes", [{"bucket": "absent-bucket"}, {"secret_access_key": "wrong"}])
def test_a_bucket_that_can_not_be_read_is_an_outage(
    s3_server: S3Server, s3_bucket: str, changes: dict[str, Any]
) -> None:
    """A missing bucket or wrong credentials are not an empty list."""
    with (
        s3_store(s3_server, **({"bucket": s3_bucket} | changes)) as store,
        pytest.raises(StorageUnavailable) as caught,
    ):
        list(store.keys("originals/"))
    assert caught.value.detail.startswith("S3")


def test_a_client_that_can_not_be_made_is_an_outage(s3_server: S3Server) -> None:
    """A region for which no client can be made is reported like any other failure."""
    with (
        s3_store(s3_server, "bucket", region="not a region") as store,
        pytest.raises(StorageUnavailable),
    ):
        list(store.keys("originals/"))


@pytest.mark.parametrize("obstacle", ["root", "root/originals"])
def test_a_folder_that_can_not_be_read_is_an_outage(tmp_path: Path, obstacle: str) -> None:
    """A file in place of a folder is not an empty list."""
    in_the_way = tmp_path / obstacle
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_bytes(b"in the way")
    with pytest.raises(StorageUnavailable) as caught:
        list(LocalImageStore(tmp_path / "root").keys("originals/"))
    assert str(tmp_path) not in f"{caught.value} {caught.value.detail}"


def test_a_folder_that_fails_during_a_listing(files: LocalImageStore, tmp_path: Path) -> None:
    """The failure is an outage, after the keys that could be listed."""
    for name in ("1.png", "2.png", "e.png"):
        files.put(f"originals/{name}", b"x", content_type="image/png")
    listed = files.keys("originals/")
    assert next(listed) == "originals/1.png"
    folder = tmp_path / "store" / "originals"
    folder.rename(tmp_path / "away")
    folder.write_bytes(b"in the way")
    with pytest.raises(StorageUnavailable):
        list(listed)


def test_an_unfinished_listing_leaves_nothing_open(files: LocalImageStore) -> None:
    """A listing that is not read to its end leaves no folder open."""
    for number in range(20):
        files.put(f"originals/{number}.png", b"x", content_type="image/png")
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 100):
        next(files.keys("originals/"))
    assert len(list(Path("/dev/fd").iterdir())) <= before + 1
