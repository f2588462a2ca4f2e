"""`python -m bench.serving.auth`: what keys and rate limits cost a read.

All servers run side by side and are asked in turn. The ratio is that of processor time, which other
programs on the machine hardly touch; the value is what was answered in a second. Needs wrk
(`apt install wrk`).
"""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.models import Scope
from app.services.files.image_store import LocalImageStore
from app.services.runtime.timing import SystemClock
from app.services.sqlite.api_keys import SqliteApiKeys
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from app.usecases.auth.api_keys import ApiKeys
from bench.results import Row, report
from bench.serving.load import gets
from bench.serving.server import Server, gunicorn
from tests.support.builders import a_record

_ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
_SECONDS = 3
_NAME = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5"
_IMAGE, _LIST = f"/images/{_NAME}.png", "/images?limit=20"
_BODY = os.urandom(40_000)
_ROWS = 100
_MOST = 1 / 0.8  # so that at least 0.8 as much can be answered

_LOCKED = {"AUTH_REQUIRED": "true", "RATE_LIMIT_DEFAULT": "999999/second"}
_SERVERS = {
    "off": {"RATE_LIMIT_DEFAULT": "off"},
    "on": _LOCKED,
    "private": _LOCKED | {"PUBLIC_IMAGES": "false"},
}


@dataclass(frozen=True)
class Target:
    """What is asked of a server, and what it is compared with."""

    server: str
    path: str
    reference: str = ""
    known: bool = False


@dataclass(frozen=True)
class Measured:
    """Processor time per request, in seconds, and how many were answered."""

    cpu: float
    answered: int


_TARGETS = {
    "image, off": Target("off", _IMAGE),
    "image, on": Target("on", _IMAGE, "image, off"),
    "image, on and private": Target("private", _IMAGE, "image, off"),
    "304, off": Target("off", _IMAGE, known=True),
    "304, on and private": Target("private", _IMAGE, "304, off", known=True),
    "list, off": Target("off", _LIST),
    "list, on": Target("on", _LIST, "list, off"),
}


def main() -> None:
    """Measure all targets in turn, round by round, and print the table."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt install wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = {
            name: stack.enter_context(_serving(folder / name, settings))
            for name, settings in _SERVERS.items()
        }
        spent: dict[str, list[Measured]] = {name: [] for name in _TARGETS}
        for number in range(_ROUNDS + 1):
            for name, target in _TARGETS.items():
                measured = _measure(*servers[target.server], target)
                if number:  # the first round makes connections and fills caches
                    spent[name].append(measured)
    title = "Reading with keys and limits: CPU per request"
    report("auth", title, [_row(name, spent) for name in _TARGETS])


def _row(name: str, spent: Mapping[str, list[Measured]]) -> Row:
    reference = _TARGETS[name].reference
    pairs = zip(spent[name], spent[reference or name], strict=True)
    ratios = [one.cpu / other.cpu for one, other in pairs]
    return Row(
        name=name,
        ratio=statistics.median(ratios),
        most=_MOST if reference else None,
        low=min(ratios),
        high=max(ratios),
        value=f"{statistics.median(one.answered for one in spent[name]) / _SECONDS:,.0f}/s",
    )


def _measure(server: Server, key: str, target: Target) -> Measured:
    headers = {"Authorization": f"Bearer {key}"}
    if target.known:
        headers["If-None-Match"] = f'"{_NAME}"'
    before = server.cpu_seconds()
    answered = gets(server.address + target.path, headers, _SECONDS)
    return Measured((server.cpu_seconds() - before) / answered, answered)


@contextmanager
def _serving(folder: Path, settings: Mapping[str, str]) -> Iterator[tuple[Server, str]]:
    """Run a server that has some images of one key; give the key too."""
    with gunicorn(folder, "wsgi:app", settings) as server:
        data = folder / "data"
        LocalImageStore(data / "store").put(_IMAGE[1:], _BODY, content_type="image/png")
        file = SqliteDatabase(data / "records.sqlite3")
        with closing(file):
            made = ApiKeys(SqliteApiKeys(file), SystemClock()).create("bench", scopes={Scope.READ})
            records = SqliteRecords(file)
            records.insert(a_record(id=_NAME, owner=made.key.id))
            for _ in range(_ROWS):
                records.insert(a_record(owner=made.key.id))
        yield server, made.text


if __name__ == "__main__":
    main()
