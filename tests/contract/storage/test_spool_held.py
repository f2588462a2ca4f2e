"""A spool whose folder fails while an image is drawn: the image stays readable, and is retried."""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.services.files import image_store
from app.services.files.spool import FileSpool
from tests.support.concurrency.threads import in_threads

ORIGINAL, SIDECAR = "originals/0.png", "originals/0.json"
DATA = bytes(range(256)) * 6000
Failure = Callable[[Path, pytest.MonkeyPatch], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def _file_in_its_place(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace the folder by a file, so that nothing can be made in it."""
    away = root.with_name("away")
    root.rename(away)
    root.write_bytes(b"in the way")
    yield
    root.unlink()
    away.rename(root)


@contextlib.contextmanager
def _removed(root: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    """Remove the folder that contains it, and keep a file there."""
    shutil.rmtree(root.parent)
    root.parent.write_bytes(b"in the way")
    yield
    root.parent.unlink()


def _failing(code: int) -> Failure:
    """Fail to make files, as a full disk, a quota or a read-only file system does."""

    @contextlib.contextmanager
    def failing(_: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def fail(path: Path) -> int:
            raise OSError(code, os.strerror(code), path)

        with monkeypatch.context() as patch:
            patch.setattr(image_store, "open_new", fail)
            yield

    return failing


FAILURES: dict[str, Failure] = {
    "a file in its place": _file_in_its_place,
    "removed": _removed,
    "not permitted": _failing(errno.EACCES),
    "read-only": _failing(errno.EROFS),
    "no space": _failing(errno.ENOSPC),
    "too many files": _failing(errno.EDQUOT),
    "broken": _failing(errno.EIO),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of the spool."""
    return tmp_path / "data" / "spool"


@pytest.mark.parametrize("failure", FAILURES)
def test_an_image_survives_its_folder(
    root: Path, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the folder fails it is listed and read; afterwards it is a file like any other."""
    spool = FileSpool(root)
    with spool.room(), FAILURES[failure](root, monkeypatch):
        spool.put(ORIGINAL, DATA, content_type="image/png")
        spool.put(SIDECAR, b"{}", content_type="application/json")
        assert list(spool.keys("originals/")) == [SIDECAR, ORIGINAL]
        assert spool.get(ORIGINAL).data == DATA
        assert (spool.get(SIDECAR).data, spool.get(SIDECAR).content_type) == (
            b"{}",
            "application/json",
        )
        with pytest.raises((ImageNotFound, StorageUnavailable)):
            spool.get("originals/1.png")
    assert list(spool.keys("originals/")) == [SIDECAR, ORIGINAL]  # which writes them
    other_process = FileSpool(root)
    assert other_process.get(ORIGINAL).data == DATA
    for key in (ORIGINAL, SIDECAR):
        spool.delete(key)
    assert list(spool.keys("originals/")) == []


def test_held_images_are_written_before_the_process_ends(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing the spool writes them if that is possible by then."""
    spool = FileSpool(root)
    with spool.room(), _file_in_its_place(root, monkeypatch):
        spool.put(ORIGINAL, DATA, content_type="image/png")
    spool.close()
    assert FileSpool(root).get(ORIGINAL).data == DATA


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_deleted_while_held(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that is uploaded from the open file is gone from it, and its file is closed."""
    spool, before = FileSpool(root), _open_files()
    with _failing(errno.EROFS)(root, monkeypatch):
        with spool.room():
            spool.put(ORIGINAL, DATA, content_type="image/png")
        assert _open_files() == before + 1
        spool.delete(ORIGINAL)
        assert _open_files() == before
        assert list(spool.keys("originals/")) == []


def test_without_a_reservation_nothing_is_held(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is no open file, and the failure is reported."""
    with _failing(errno.EROFS)(root, monkeypatch), pytest.raises(StorageUnavailable):
        FileSpool(root).put(ORIGINAL, DATA, content_type="image/png")


def test_threads_hold_their_own_images(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listings by other threads, which write held images, disturb none of them."""
    spool = FileSpool(root)

    def work(number: int) -> bool:
        key, data = f"originals/{number}.png", bytes([number]) * 200_000
        with spool.room():
            spool.put(key, data, content_type="image/png")
            list(spool.keys("originals/"))
            spool.put(f"originals/{number}.json", data, content_type="application/json")
        return spool.get(key).data == spool.get(f"originals/{number}.json").data == data

    with _failing(errno.ENOSPC)(root, monkeypatch):
        assert all(in_threads(8, work))
    assert len(list(spool.keys("originals/"))) == 16
