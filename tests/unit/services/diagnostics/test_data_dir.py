"""The checks of DATA_DIR and of the folder that is used in place of a bucket."""

from pathlib import Path

import pytest

from app.services.diagnostics.data_dir import check_data_dir, check_file_store
from tests.support.diagnostic_findings import FAILED, OK, WARNING, levels, the

MIB = 1024 * 1024


def test_a_good_folder_is_created_and_left_empty(tmp_path: Path) -> None:
    """The folder is created like the service does, and no probe is left behind."""
    folder = tmp_path / "a" / "data"
    results = levels(check_data_dir(folder, free=lambda _: 2048 * MIB))
    assert {name: results[name] for name in ("write", "free space", "spool")} == {
        "write": OK, "free space": OK, "spool": OK,
    }  # fmt: skip
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_writable_fails(tmp_path: Path) -> None:
    """A file in place of the folder fails both checks."""
    place = tmp_path / "data"
    place.write_text("in the way")
    assert the("write", list(check_data_dir(place))).level is FAILED
    assert the("write", list(check_file_store(place / "store"))).level is FAILED


@pytest.mark.parametrize(
    ("free", "level"),
    [(64 * MIB - 1, FAILED), (64 * MIB, WARNING), (1024 * MIB - 1, WARNING), (1024 * MIB, OK)],
)
def test_free_space(tmp_path: Path, free: int, level: object) -> None:
    """Less than 64 MiB fails, less than 1 GiB is a warning."""
    found = the("free space", list(check_data_dir(tmp_path, free=lambda _: free)))
    assert found.level is level
    assert f"{free // MIB} MiB" in found.found


def test_originals_in_the_spool_are_counted(tmp_path: Path) -> None:
    """Sidecar files and incomplete files don't count, and no file is removed."""
    originals = tmp_path / "spool" / "originals"
    originals.mkdir(parents=True)
    for name in ("a.png", "a.json", "b.webp", "b.json", "c.bin", ".d.png.0123.tmp"):
        (originals / name).write_bytes(b"paid for")
    found = the("spool", list(check_data_dir(tmp_path)))
    assert found.level is WARNING
    assert found.found.startswith("3 paid originals")
    assert "reconcile --fix" in found.advice
    assert len(list(originals.iterdir())) == 6


def test_the_file_store_is_left_unchanged(tmp_path: Path) -> None:
    """The probe is deleted, and other files are kept."""
    kept = tmp_path / "images" / "kept.png"
    kept.parent.mkdir()
    kept.write_bytes(b"kept")
    results = levels(check_file_store(tmp_path))
    assert results["write"] is OK
    assert set(results) == {"write", "durable"}
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    assert kept.read_bytes() == b"kept"
