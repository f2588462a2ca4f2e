"""The spool, which reserves real room before a payment and releases it with its process."""

import os
import threading
from pathlib import Path

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.services.files.spool import ROOM_BYTES, FileSpool
from tests.support.concurrency.threads import in_threads
from tests.support.servers import python_process

KEY = "originals/0.png"
LARGEST = bytes(6_300_000)
SLACK = 256 * 1024  # for the file system's own data

NO_SPACE = """
import os, resource, signal, sys
from pathlib import Path
from app.errors import StorageUnavailable
from app.services.files.spool import ROOM_BYTES, FileSpool

if sys.argv[2] == "writes":
    del os.posix_fallocate
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = ROOM_BYTES - 1
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
spool = FileSpool(Path(sys.argv[1]))
for _ in range(2):
    try:
        with spool.room():
            print("room")
    except StorageUnavailable as error:
        print(error.detail, "|", error.message)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with spool.room():
    print("room")
print(len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0)
"""
HOLD = """
import sys
from pathlib import Path
from app.services.files.spool import FileSpool

with FileSpool(Path(sys.argv[1])).room():
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of the spool, which does not exist yet."""
    return tmp_path / "data" / "spool"


@pytest.fixture
def spool(root: Path) -> FileSpool:
    """Return a spool."""
    return FileSpool(root)


def taken(spool: FileSpool) -> int:
    """Return the bytes of disk that this thread has reserved."""
    room = spool._reserved.room
    return 0 if room is None else os.fstat(room.file.fileno()).st_blocks * 512


def files(root: Path) -> list[str]:
    """List all files, including hidden ones."""
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_room_is_reserved_disk_space(spool: FileSpool, root: Path) -> None:
    """The room occupies real disk blocks, enough for the largest image, in an unnamed file."""
    assert len(LARGEST) < ROOM_BYTES
    assert taken(spool) == 0
    with spool.room():
        assert taken(spool) >= ROOM_BYTES
        assert files(root) == []
    assert taken(spool) == 0


def test_storing_uses_the_room(spool: FileSpool) -> None:
    """Storing an image releases the room for it, and a second object can be stored beside it."""
    with spool.room():
        for key in (KEY, "originals/0.json"):
            spool.put(key, LARGEST, content_type="image/png")
            assert taken(spool) <= SLACK
        assert spool.get(KEY).data == LARGEST


def test_storing_without_room_works(spool: FileSpool) -> None:
    """Objects are also stored before, after and without a reservation."""
    spool.put(KEY, b"before", content_type="image/png")
    with spool.room():
        pass
    spool.put(KEY, b"after", content_type="image/png")
    assert spool.get(KEY).data == b"after"
    spool.delete(KEY)
    spool.delete(KEY)
    with pytest.raises(ImageNotFound):
        spool.get(KEY)


def test_room_is_released_after_an_error(spool: FileSpool, root: Path) -> None:
    """The room is released after success and after errors, and the next one can be reserved."""

    def fail(error: BaseException) -> None:
        assert taken(spool) >= ROOM_BYTES
        raise error

    for error in (ValueError(), StorageUnavailable(), KeyboardInterrupt()):
        with pytest.raises(type(error)), spool.room():
            fail(error)
        assert taken(spool) == 0
    with spool.room():
        assert taken(spool) >= ROOM_BYTES
    assert files(root) == []


def test_each_thread_has_room_of_its_own(spool: FileSpool) -> None:
    """Eight threads hold room concurrently; when one stores an image, the others keep theirs."""
    half, done = threading.Barrier(8, timeout=60), threading.Barrier(8, timeout=60)

    def work(number: int) -> int:
        with spool.room():
            half.wait()
            if number % 2:
                spool.put(f"originals/{number}.png", LARGEST, content_type="image/png")
            done.wait()
            return taken(spool)

    for number, size in enumerate(in_threads(8, work)):
        assert (size <= SLACK) if number % 2 else (size >= ROOM_BYTES)


def test_room_is_gone_with_a_killed_process(root: Path) -> None:
    """After kill -9 the disk space is free again, and the folder is empty."""
    process = python_process.start(HOLD, root)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with FileSpool(root).room():
        process.kill()
        process.communicate()
    assert files(root) == []


@pytest.mark.parametrize("how", ["allocates", "writes"])
def test_without_space_there_is_no_room(root: Path, how: str) -> None:
    """A nearly full disk is noticed before a payment, with and without fallocate."""
    first, second, third, descriptors = python_process.run(NO_SPACE, root, how).splitlines()
    assert first == second
    assert first.startswith("spool: no room (OSError, errno ")
    assert "disk is full" in first.partition("|")[2]
    assert third == "room"
    assert int(descriptors) < 20
    assert files(root) == []


@pytest.mark.parametrize("obstacle", ["data", "data/spool"])
def test_a_folder_that_can_not_be_made_is_an_outage_until_it_can(
    spool: FileSpool, tmp_path: Path, obstacle: str
) -> None:
    """A file in its place means no room, and an error without a path; without it all works."""
    in_the_way = tmp_path / obstacle
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_bytes(b"in the way")
    with pytest.raises(StorageUnavailable) as caught, spool.room():
        pytest.fail("there is no room")
    assert str(tmp_path) not in f"{caught.value} {caught.value.detail} {caught.value.message}"
    in_the_way.unlink()
    with spool.room():
        assert taken(spool) >= ROOM_BYTES


def test_an_error_of_the_work_is_not_taken_for_a_full_disk(spool: FileSpool) -> None:
    """An error of the work itself is raised unchanged."""
    with pytest.raises(FileNotFoundError), spool.room():
        raise FileNotFoundError
