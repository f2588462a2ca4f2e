"""Check DATA_DIR: access, durability, free space, and the spool."""

import contextlib
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from app.errors import AppError
from app.models import Finding, object_keys
from app.services.diagnostics.filesystems import check_durable
from app.services.diagnostics.findings import CheckFailed, FindingBuilder
from app.services.files.image_store import LocalImageStore
from app.services.files.permissions import make_folder

_DATA_DIR = FindingBuilder("data dir")
_STORAGE = FindingBuilder("storage")
_MIB = 1024 * 1024
_WARNING_BELOW, _FAILED_BELOW = 1024 * _MIB, 64 * _MIB
_MAX_COUNTED = 10_000
_PROBES = "doctor"


def free_bytes(folder: Path) -> int:
    """Return the free space on the folder's disk, for this user."""
    return shutil.disk_usage(folder).free


def check_data_dir(folder: Path, *, free: Callable[[Path], int] = free_bytes) -> Iterator[Finding]:
    """Check the folder; create it if it is missing, as the service does."""
    yield _DATA_DIR.step("write", lambda: _write_and_flush(folder))
    if folder.is_dir():
        yield _check_private(folder)
        yield _check_free_space(free(folder))
        yield check_durable(_DATA_DIR, folder)
    yield _check_spool(folder / "spool")


def check_file_store(folder: Path) -> Iterator[Finding]:
    """Check the folder used instead of a bucket, with a test object."""
    yield _STORAGE.step("write", lambda: _round_trip(LocalImageStore(folder)))
    with contextlib.suppress(OSError):  # missing, or in use by another doctor
        (folder / _PROBES).rmdir()
    if folder.is_dir():
        yield check_durable(_STORAGE, folder)


def _write_and_flush(folder: Path) -> str:
    probe = folder / f".doctor-{uuid.uuid4().hex}"
    try:
        make_folder(folder)
        try:
            with probe.open("xb") as file:
                file.write(b"probe")
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        found = f"{folder} is not writable ({os.strerror(error.errno or 0)})"
        raise CheckFailed(found, "make it writable for the user that runs the service") from None
    return f"{folder} is writable, and files are flushed to its disk"


def _round_trip(store: LocalImageStore) -> str:
    key, data = f"{_PROBES}/{object_keys.image_name(uuid.uuid4().hex)}", uuid.uuid4().bytes
    try:
        store.put(key, data, content_type=object_keys.PNG)
        try:
            same = store.get(key).data == data
        finally:
            store.delete(key)
    except AppError as error:
        advice = "make DATA_DIR writable for the user that runs the service"
        raise CheckFailed(f"images can't be stored ({error.detail})", advice) from None
    if not same:
        raise CheckFailed("a file was read back with different content", "check the disk")
    return "an image was written, flushed, read back and deleted"


def _check_private(folder: Path) -> Finding:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o007:
        found = f"every user of this machine can access {folder} (mode {mode:04o})"
        return _DATA_DIR.warning("private", found, f"chmod 700 {folder}")
    return _DATA_DIR.ok("private", f"mode {mode:04o}: other users have no access")


def _check_free_space(free: int) -> Finding:
    found = f"{free // _MIB} MiB are free"
    if free < _FAILED_BELOW:
        advice = "free up space: paid images are kept here while the storage is unavailable"
        return _DATA_DIR.failed("free space", found, advice)
    if free < _WARNING_BELOW:
        return _DATA_DIR.warning("free space", found, "free up space soon")
    return _DATA_DIR.ok("free space", found)


def _check_spool(folder: Path) -> Finding:
    paths = folder.glob(f"{object_keys.ORIGINALS}[!.]*")
    originals = (path for path in paths if not object_keys.is_sidecar(path.name))
    count = sum(1 for _ in islice(originals, _MAX_COUNTED))
    if not count:
        return _DATA_DIR.ok("spool", "empty: all originals are in the storage")
    more = " or more" if count == _MAX_COUNTED else ""
    return _DATA_DIR.warning(
        "spool",
        f"{count}{more} paid originals are in {folder}, because the storage was unavailable",
        "servers move them once the storage responds; `flask images reconcile --fix` does it now",
    )
