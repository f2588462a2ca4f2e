"""The store on files: complete files, whatever happens meanwhile."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import ImageNotFound, StorageUnavailable
from app.services.files.image_store import LocalImageStore
from tests.support.servers import python_process

KEY = "images/x.png"
OLD, NEW = b"old" * 700_000, b"new" * 700_000

PUT_FOREVER = """
import itertools, sys
from pathlib import Path
from app.services.files.image_store import LocalImageStore

store = LocalImageStore(Path(sys.argv[1]))
for number in itertools.count():
    store.put("images/x.png", bytes([number % 256]) * 3_000_000, content_type="image/png")
    print(number, flush=True)
"""
PUT_TOO_MUCH = """
import resource, sys
from pathlib import Path
from app.errors import StorageUnavailable
from app.services.files.image_store import LocalImageStore

store = LocalImageStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.put("images/x.png", bytes(1_000_000), content_type="image/png")
except StorageUnavailable as error:
    print(error.detail)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of the store."""
    return tmp_path / "store"


@pytest.fixture
def store(root: Path) -> LocalImageStore:
    """Return a store on files."""
    return LocalImageStore(root)


def names(root: Path) -> list[str]:
    """List all files, including hidden ones."""
    return [path.name for path in root.rglob("*") if path.is_file()]


def test_a_reader_sees_the_old_file_or_the_new_one(store: LocalImageStore) -> None:
    """While a file is replaced, every read returns one of the two versions completely."""
    store.put(KEY, OLD, content_type="image/png")
    done = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(store.get(KEY).data)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(20):
        store.put(KEY, OLD if turn % 2 else NEW, content_type="image/png")
    done.set()
    reader.join()
    assert seen <= {OLD, NEW}


def test_a_new_file_appears_completely_or_not_at_all(store: LocalImageStore) -> None:
    """A new file is absent until it is complete."""
    done = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not done.is_set():
            for number in range(10):
                try:
                    seen.add(store.get(f"images/{number}.png").data)
                except ImageNotFound:
                    continue

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(10):
        store.put(f"images/{number}.png", NEW, content_type="image/png")
    done.set()
    reader.join()
    assert seen <= {NEW}


def test_a_killed_writer_leaves_a_complete_file(root: Path, store: LocalImageStore) -> None:
    """After a kill during a write, the old or the new version is there completely."""
    process = python_process.start(PUT_FOREVER, root)
    assert process.stdout is not None
    returned = [int(process.stdout.readline()) for _ in range(5)][-1]
    process.kill()
    returned = max([returned, *map(int, process.communicate()[0].split())])
    data = store.get(KEY).data
    assert data in {bytes([number % 256]) * 3_000_000 for number in (returned, returned + 1)}
    store.put(KEY, b"as before", content_type="image/png")
    assert store.get(KEY).data == b"as before"


def test_the_rest_of_an_interrupted_write_is_no_object(root: Path, store: LocalImageStore) -> None:
    """A temporary file that a crash left is no object, and does not affect the object."""
    store.put("images/other.png", b"x", content_type="image/png")
    (root / "images" / ".x.png.0123456789abcdef.tmp").write_bytes(b"half of")
    with pytest.raises(ImageNotFound):
        store.get(KEY)
    store.delete(KEY)
    store.put(KEY, b"whole", content_type="image/png")
    assert store.get(KEY).data == b"whole"


def test_a_full_disk_leaves_no_incomplete_file(root: Path, store: LocalImageStore) -> None:
    """A truncated write is an outage, and the old file is unchanged."""
    store.put(KEY, b"old", content_type="image/png")
    assert python_process.run(PUT_TOO_MUCH, root).startswith("files: OSError")
    assert store.get(KEY).data == b"old"
    assert names(root) == ["x.png"]


def test_storing_leaves_only_the_object(root: Path, store: LocalImageStore) -> None:
    """After writes, pings and a deletion only the stored files exist."""
    store.ping()
    store.put(KEY, b"1", content_type="image/png")
    store.put(KEY, b"2", content_type="image/png")
    store.ping()
    assert names(root) == ["x.png"]
    store.delete(KEY)
    assert names(root) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.put(KEY, b"x", content_type="image/png"),
        lambda store: store.get(KEY),
        lambda store: store.delete(KEY),
        lambda store: store.ping(),
    ],
    ids=["put", "get", "delete", "ping"],
)
def test_a_folder_that_can_not_be_used_is_an_outage(
    root: Path, store: LocalImageStore, call: Callable[[LocalImageStore], object]
) -> None:
    """With a file in place of its folder the store is down, and no image is reported missing."""
    root.write_bytes(b"in the way")
    with pytest.raises(StorageUnavailable) as caught:
        call(store)
    assert str(root) not in f"{caught.value} {caught.value.detail}"
    assert root.read_bytes() == b"in the way"


def test_the_type_does_not_depend_on_the_machine(
    store: LocalImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system without a table of MIME types serves the same types."""
    monkeypatch.setattr("mimetypes.guess_type", lambda *_, **__: (None, None))
    store.put("originals/x.webp", b"x", content_type="image/webp")
    assert store.get("originals/x.webp").content_type == "image/webp"


def test_files_survive_the_process(root: Path, store: LocalImageStore) -> None:
    """Another process can read what one process stored."""
    store.put(KEY, b"x", content_type="image/png")
    assert LocalImageStore(root).get(KEY) == store.get(KEY)
