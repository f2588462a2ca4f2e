"""Tells what kind of file system a folder is on, as far as Linux lets one know."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.models import Finding
from app.services.diagnostics.findings import About

MOUNTINFO = Path("/proc/self/mountinfo")
_IN_MEMORY = {"tmpfs", "ramfs"}
_OF_CONTAINERS = {"overlay", "aufs"}
_OVER_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre"}


@dataclass(frozen=True)
class Mount:
    """A file system and the folder where it begins."""

    point: Path
    kind: str

    @property
    def over_network(self) -> bool:
        """Whether the files are on another machine."""
        return self.kind in _OVER_NETWORK or self.kind.startswith("fuse.sshfs")


def mount_of(path: Path, mountinfo: Path = MOUNTINFO) -> Mount | None:
    """Return the mount that holds this path, or None where the system does not tell."""
    try:
        lines = mountinfo.read_text(errors="replace").splitlines()
    except OSError:
        return None
    real = path.resolve()
    around = [mount for mount in _mounts(lines) if real.is_relative_to(mount.point)]
    # Of those at the same point the last one hides the others, and max() keeps the first.
    return max(reversed(around), key=lambda mount: len(mount.point.parts), default=None)


def check_durable(about: About, path: Path, mountinfo: Path = MOUNTINFO) -> Finding:
    """Tell whether files here survive a restart."""
    mount = mount_of(path, mountinfo)
    if mount is None:
        return about.not_used("durable", "this system does not tell the kind of its disks")
    if mount.kind in _IN_MEMORY:
        found = f"{path} is kept in memory ({mount.kind}) and does not survive a restart"
        return about.warning("durable", found, "put DATA_DIR on a disk")
    if mount.kind in _OF_CONTAINERS:
        found = f"{path} is in a container's own layer and is gone with the container"
        return about.warning("durable", found, "put DATA_DIR on a volume")
    return about.ok("durable", f"on a disk ({mount.kind})")


def _mounts(lines: list[str]) -> Iterator[Mount]:
    for line in lines:
        before, separator, after = line.partition(" - ")
        fields = before.split()
        if separator and len(fields) > 4 and after.split():
            yield Mount(Path(_unescaped(fields[4])), after.split()[0])


def _unescaped(text: str) -> str:
    """Undo how the kernel writes spaces and the like: as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
