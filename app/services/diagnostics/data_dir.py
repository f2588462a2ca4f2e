"""Checks DATA_DIR: whether it takes files, keeps them, has room, and what waits in its spool."""

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
from app.services.diagnostics.findings import About, Trouble
from app.services.files.image_store import LocalImageStore
from app.services.files.permissions import make_folder

_DATA = About("data dir")
_STORE = About("storage")
_MIB = 1024 * 1024
_TIGHT, _FULL = 1024 * _MIB, 64 * _MIB
_COUNTED = 10_000
_PROBES = "doctor"


def free_bytes(folder: Path) -> int:
    """Return how much the folder's disk can still take from this user."""
    return shutil.disk_usage(folder).free


def check_data_dir(folder: Path, *, free: Callable[[Path], int] = free_bytes) -> Iterator[Finding]:
    """Look at the folder itself; it is made if it is not there yet, as the service would."""
    written = _DATA.step("write", lambda: _write_and_flush(folder))
    yield written
    if folder.is_dir():
        yield _private(folder)
        yield _room(free(folder))
        yield check_durable(_DATA, folder)
    yield _spool(folder / "spool")


def check_file_store(folder: Path) -> Iterator[Finding]:
    """Look at the folder that stands in for a bucket, with an object like the real ones."""
    yield _STORE.step("write", lambda: _round_trip(LocalImageStore(folder)))
    with contextlib.suppress(OSError):  # not there, or used by another doctor right now
        (folder / _PROBES).rmdir()
    if folder.is_dir():
        yield check_durable(_STORE, folder)


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
        found = f"{folder} takes no files ({os.strerror(error.errno or 0)})"
        raise Trouble(found, "give it to the user who runs the service, on a disk") from None
    return f"{folder} takes files, and flushes them to its disk"


def _round_trip(store: LocalImageStore) -> str:
    key, data = f"{_PROBES}/{uuid.uuid4().hex}.png", uuid.uuid4().bytes
    try:
        store.put(key, data, content_type="image/png")
        try:
            same = store.get(key).data == data
        finally:
            store.delete(key)
    except AppError as error:
        advice = "give DATA_DIR to the user who runs the service"
        raise Trouble(f"images can't be kept ({error.detail})", advice) from None
    if not same:
        raise Trouble("a file came back changed", "check the disk")
    return "an image was written, flushed, read back and deleted"


def _private(folder: Path) -> Finding:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o007:
        found = f"every user of this machine can look into {folder} (mode {mode:04o})"
        return _DATA.warning("private", found, f"chmod 700 {folder}")
    return _DATA.ok("private", f"mode {mode:04o}: closed to other users")


def _room(free: int) -> Finding:
    found = f"{free // _MIB} MiB are free"
    if free < _FULL:
        return _DATA.failed("room", found, "make room: paid images may need it")
    if free < _TIGHT:
        return _DATA.warning("room", found, "make room soon")
    return _DATA.ok("room", found)


def _spool(folder: Path) -> Finding:
    files = (
        path
        for path in folder.glob(f"{object_keys.ORIGINALS}[!.]*")
        if not object_keys.is_sidecar(path.name)
    )
    waiting = sum(1 for _ in islice(files, _COUNTED))
    if not waiting:
        return _DATA.ok("spool", "nothing waits for storage")
    more = " or more" if waiting == _COUNTED else ""
    return _DATA.warning(
        "spool",
        f"{waiting}{more} paid originals wait in {folder}, since storage could not take them",
        "running servers store them once storage answers; flask images reconcile --fix does it now",
    )
