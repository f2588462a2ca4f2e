"""Incomplete files on a real disk."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import StorageUnavailable
from app.services.files.temp_files import LocalTempFiles

NOW = datetime.now(UTC)


def a_file(path: Path, *, days_old: float) -> Path:
    """Create a file that was last written this long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    time = (NOW - timedelta(days=days_old)).timestamp()
    os.utime(path, (time, time))
    return path


def test_only_old_incomplete_files_are_found_and_removed(tmp_path: Path) -> None:
    """Complete files, other hidden files and recently written ones stay."""
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


def test_missing_folders_have_no_temporary_files(tmp_path: Path) -> None:
    """With S3 there is no folder of objects, and a new server has no spool; neither is an error."""
    leftovers = LocalTempFiles(tmp_path / "store", tmp_path / "spool")
    assert list(leftovers.older_than(NOW)) == []


def test_a_failing_disk_is_an_outage(tmp_path: Path) -> None:
    """The error of a failing disk does not contain its path."""
    (tmp_path / "store").write_bytes(b"a file where a folder should be")
    leftovers = LocalTempFiles(tmp_path / "store")
    with pytest.raises(StorageUnavailable) as caught:
        list(leftovers.older_than(NOW))
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(StorageUnavailable):
        leftovers.remove("store/images/.b.tmp")
