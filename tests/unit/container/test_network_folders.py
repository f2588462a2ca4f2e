"""DATA_DIR on a network file system, where SQLite is not safe."""

import contextlib
from pathlib import Path

import pytest

from app.config import ConfigError
from app.container import adapters
from app.container.client_checks import check_clients
from app.models import Rate
from app.services.diagnostics.filesystems import Mount
from tests.support.service import settings_for

pytestmark = pytest.mark.usefixtures("nothing_set")


def table(folder: Path, kind: str) -> Path:
    """Write a table of mounts in which this folder is a file system of this kind."""
    path = folder / "mountinfo"
    path.write_text(
        f"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n36 21 0:40 / {folder}/far rw - {kind} host:/x rw\n"
    )
    return path


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "fuse.gcsfuse", "9p"])
def test_records_in_sqlite_are_refused_there(tmp_path: Path, kind: str) -> None:
    """The start fails, with the names of both settings that help."""
    settings = settings_for(data_dir=tmp_path / "far" / "data")
    with pytest.raises(ConfigError, match=rf"DATA_DIR: .*{kind}.*MONGODB_URI"):
        check_clients(settings, mountinfo=table(tmp_path, kind))


@pytest.mark.parametrize("kind", ["ext4", "xfs", "overlay", "fuse.fuse-overlayfs"])
def test_other_file_systems_are_accepted(tmp_path: Path, kind: str) -> None:
    """Local disks and containers' layers are."""
    settings = settings_for(data_dir=tmp_path / "far" / "data")
    check_clients(settings, mountinfo=table(tmp_path, kind))


def test_with_mongodb_it_may_be_there(tmp_path: Path) -> None:
    """The spool and the files are safe: they are flushed and renamed."""
    uri = "mongodb://127.0.0.1:1/"
    settings = settings_for(data_dir=tmp_path / "far", mongodb_uri=uri)
    check_clients(settings, mountinfo=table(tmp_path, "nfs4"))


@pytest.mark.parametrize(("kind", "is_file"), [("nfs4", False), ("ext4", True)])
def test_requests_are_not_counted_in_a_file_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, is_file: bool
) -> None:
    """They are counted in Redis or MongoDB, else in memory."""
    monkeypatch.setattr(adapters, "mount_of", lambda _: Mount(tmp_path, kind))
    ports = adapters.build_ports(settings_for(data_dir=tmp_path))
    with contextlib.ExitStack() as stack:
        stack.callback(adapters.close_ports, ports)
        assert ports.rate_limiter.hit(Rate(amount=1, seconds=60), "caller").allowed
        assert not ports.rate_limiter.hit(Rate(amount=1, seconds=60), "caller").allowed
    assert (tmp_path / "limits.sqlite3").exists() is is_file
