"""Permissions of the files that the service keeps on disk."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.diagnostics.data_dir import check_data_dir
from app.services.files.image_store import LocalImageStore
from app.services.files.spool import FileSpool
from app.services.sqlite.database import SqliteDatabase
from tests.support.diagnostic_findings import OK, WARNING, the


@pytest.fixture(params=[0o000, 0o022, 0o277], ids="umask {:03o}".format, autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run with this umask."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder: Path) -> set[tuple[str, int]]:
    """Return type and mode of everything in the folder, itself included."""
    return {
        ("folder" if path.is_dir() else "file", stat.S_IMODE(path.stat().st_mode))
        for path in (folder, *folder.rglob("*"))
    }


def test_only_the_owner_can_read_images_and_the_spool(tmp_path: Path) -> None:
    """Folders get 0700 and files 0600 in the store and in the spool, whatever the umask."""
    data = tmp_path / "data"
    store, spool = LocalImageStore(data / "store"), FileSpool(data / "spool")
    store.ping()
    store.put("images/a.png", b"image", content_type="image/png")
    with spool.room():
        spool.put("originals/a.png", b"image", content_type="image/png")
    assert modes(data) == {("folder", 0o700), ("file", 0o600)}


def test_only_the_owner_can_read_records(tmp_path: Path) -> None:
    """SQLite's file and its companions get 0600 too, while they are in use."""
    data = tmp_path / "data"
    file = SqliteDatabase(data / "records.sqlite3")
    with file.writing() as connection:
        connection.execute("CREATE TABLE a (b)")
        assert len(list(data.iterdir())) == 3
        assert modes(data) == {("folder", 0o700), ("file", 0o600)}
    file.close()


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    """An existing DATA_DIR keeps its mode; the doctor reports if other users can read it."""
    tmp_path.chmod(0o755)
    LocalImageStore(tmp_path / "store").ping()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert the("private", list(check_data_dir(tmp_path))).level is WARNING
    tmp_path.chmod(0o750)
    assert the("private", list(check_data_dir(tmp_path))).level is OK
