"""Half-written files on a real disk."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import StorageUnavailable
from app.services.files.temp_files import LocalTempFiles

NOW = datetime.now(UTC)


def a_file(path: Path, *, days_old: float) -> Path:
    """Make a file that was last written so long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    time = (NOW - timedelta(days=days_old)).timestamp()
    os.utime(path, (time, time))
    return path


def test_only_old_half_written_files_are_found_and_removed(tmp_path: Path) -> None:
    """Whole files, other hidden files and what may still be written stay."""
    stay = [
        a_file(tmp_path / "store/images/a.png", days_old=9),
        a_file(tmp_path / "store/images/.a.png.1.tmp", days_old=0.9),
        a_file(tmp_path / "store/images/.hidden", days_old=9),
        a_file(tmp_path / "store/notes.tmp", days_old=9),
        a_file(tmp_path / "elsewhere/.b.png.1.tmp", days_old=9),
    ]
    a_file(tmp_path / "store/images/.b.png.1.tmp", days_old=1.1)
    a_file(tmp_path / "spool/originals/.c.png.1.tmp", days_old=1.1)
    leftovers = LocalTempFiles(tmp_path / "store", tmp_path / "spool")
    found = list(leftovers.older_than(NOW - timedelta(days=1)))
    assert found == ["store/images/.b.png.1.tmp", "spool/originals/.c.png.1.tmp"]
    for name in [*found, *found]:
        leftovers.remove(name)
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert files == set(stay)


def test_folders_that_are_not_there_have_no_leftovers(tmp_path: Path) -> None:
    """With S3 there is no folder of objects, and a new server has no spool."""
    leftovers = LocalTempFiles(tmp_path / "store", tmp_path / "spool")
    assert list(leftovers.older_than(NOW)) == []


def test_a_disk_that_fails_is_storage_that_is_down(tmp_path: Path) -> None:
    """What the disk refuses is told without its path."""
    (tmp_path / "store").write_bytes(b"a file where a folder should be")
    leftovers = LocalTempFiles(tmp_path / "store")
    with pytest.raises(StorageUnavailable) as caught:
        list(leftovers.older_than(NOW))
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(StorageUnavailable):
        leftovers.remove("store/images/.b.tmp")
