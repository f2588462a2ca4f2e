"""What the spool promises: room that is really there before paying, and gone with its holder."""

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
SLACK = 256 * 1024  # for what a file system needs by itself

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
    """Name the folder of the spool, which is not there yet."""
    return tmp_path / "data" / "spool"


@pytest.fixture
def spool(root: Path) -> FileSpool:
    """Make a spool."""
    return FileSpool(root)


def taken(spool: FileSpool) -> int:
    """Return how many bytes of disk the room of this thread takes up; 0 without any."""
    ballast = spool._held.ballast
    if ballast is None or ballast.closed:
        return 0
    return os.fstat(ballast.fileno()).st_blocks * 512


def files(root: Path) -> list[str]:
    """List the files that are there, hidden ones too."""
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_room_is_disk_that_nobody_else_can_have(spool: FileSpool, root: Path) -> None:
    """The room takes up real blocks, enough for the largest image, under no name."""
    assert len(LARGEST) < ROOM_BYTES
    assert taken(spool) == 0
    with spool.room():
        assert taken(spool) >= ROOM_BYTES
        assert files(root) == []
    assert taken(spool) == 0


def test_what_is_put_uses_the_room(spool: FileSpool) -> None:
    """Putting gives the room up for the image, and a second object goes beside it."""
    with spool.room():
        for key in (KEY, "originals/0.json"):
            spool.put(key, LARGEST, content_type="image/png")
            assert taken(spool) <= SLACK
        assert spool.get(KEY).data == LARGEST


def test_a_put_without_room_is_fine(spool: FileSpool) -> None:
    """What is put before, after and without any room is kept all the same."""
    spool.put(KEY, b"before", content_type="image/png")
    with spool.room():
        pass
    spool.put(KEY, b"after", content_type="image/png")
    assert spool.get(KEY).data == b"after"
    spool.delete(KEY)
    spool.delete(KEY)
    with pytest.raises(ImageNotFound):
        spool.get(KEY)


def test_room_is_given_back_after_an_error(spool: FileSpool, root: Path) -> None:
    """However the work ends, its room is free again, and there is room for the next."""

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
    """Eight threads hold room at once; when one puts, the others keep theirs."""
    half, done = threading.Barrier(8, timeout=20), threading.Barrier(8, timeout=20)

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
    """After kill -9 the disk has the room again, and nothing is left in the folder."""
    process = python_process.start(HOLD, root)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with FileSpool(root).room():
        process.kill()
        process.communicate()
    assert files(root) == []


@pytest.mark.parametrize("how", ["allocates", "writes"])
def test_without_space_there_is_no_room(root: Path, how: str) -> None:
    """A disk that is nearly full is noticed before paying, with or without fallocate."""
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
    """With a file in its place there is no room, and no path is told; without it all is well."""
    in_the_way = tmp_path / obstacle
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_bytes(b"in the way")
    with pytest.raises(StorageUnavailable) as caught, spool.room():
        pytest.fail("there is no room")
    assert str(tmp_path) not in f"{caught.value} {caught.value.detail} {caught.value.message}"
    in_the_way.unlink()
    with spool.room():
        assert taken(spool) >= ROOM_BYTES


def test_trouble_within_the_room_is_not_taken_for_a_full_disk(spool: FileSpool) -> None:
    """An error of the work itself comes out as it is."""
    with pytest.raises(FileNotFoundError), spool.room():
        raise FileNotFoundError
