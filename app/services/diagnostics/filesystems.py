"""Find the type of a folder's file system, on Linux."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.models import Finding
from app.services.diagnostics.findings import FindingBuilder

MOUNTINFO = Path("/proc/self/mountinfo")
_IN_MEMORY = {"tmpfs", "ramfs"}
_CONTAINER_LAYERS = {"overlay", "aufs"}
_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "drvfs", "afs", "ncpfs", "davfs"),
    *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "orangefs", "ocfs2", "gfs2"),
}
# Programs behind FUSE whose files are on this machine. All others count as a network: buckets,
# other hosts and clouds.
_LOCAL_FUSE = {
    *("fuseblk", "fuse.ntfs-3g", "fuse.exfat", "fuse.zfs", "fuse.ext4", "fuse.lxcfs"),
    *("fuse.mergerfs", "fuse.mhddfs", "fuse.unionfs", "fuse.unionfs-fuse", "fuse.bindfs"),
    *("fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.grpcfuse"),
}


@dataclass(frozen=True)
class Mount:
    """A mounted file system: its mount point and its type."""

    point: Path
    kind: str

    @property
    def over_network(self) -> bool:
        """Whether the files are on another machine."""
        is_fuse = self.kind == "fuse" or self.kind.startswith("fuse.")
        return self.kind in _NETWORK or (is_fuse and self.kind not in _LOCAL_FUSE)


def mount_of(path: Path, mountinfo: Path = MOUNTINFO) -> Mount | None:
    """Return the mount that holds the path.

    None means that the system does not list its mounts.
    """
    try:
        lines = mountinfo.read_text(errors="replace").split("\n")
    except OSError:
        return None
    real = path.resolve()
    around = [mount for mount in _mounts(lines) if real.is_relative_to(mount.point)]
    # Of several at one point, the last hides the others; max() keeps the first.
    return max(reversed(around), key=lambda mount: len(mount.point.parts), default=None)


def check_durable(build: FindingBuilder, path: Path, mountinfo: Path = MOUNTINFO) -> Finding:
    """Check whether files at the path survive a restart."""
    mount = mount_of(path, mountinfo)
    if mount is None:
        return build.not_used("durable", "this system does not report file system types")
    if mount.kind in _IN_MEMORY:
        found = f"{path} is in memory ({mount.kind}), and is lost on a restart"
        return build.warning("durable", found, "put DATA_DIR on a disk")
    if mount.kind in _CONTAINER_LAYERS:
        found = f"{path} is in the container's own layer, and is lost with the container"
        return build.warning("durable", found, "put DATA_DIR on a volume")
    return build.ok("durable", f"on a disk ({mount.kind})")


def _mounts(lines: list[str]) -> Iterator[Mount]:
    for line in lines:
        before, separator, after = line.partition(" - ")
        fields = before.split()
        if separator and len(fields) > 4 and after.split():
            yield Mount(Path(_unescape(fields[4])), after.split()[0])


def _unescape(text: str) -> str:
    r"""Decode the kernel's octal escapes, such as `\040` for a space."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
