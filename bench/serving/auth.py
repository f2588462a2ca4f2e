"""The cost of API keys and rate limits for a read: `python -m bench.serving.auth`.

All servers run at the same time and are measured in turn. The ratio is that of processor time,
which other programs on the machine hardly disturb; the value is the number of responses per second.
Needs wrk (`apt install wrk`).
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
from bench.results import Measurement, compare, report
from bench.serving.load import send_with_wrk
from bench.serving.server import Server, gunicorn
from tests.support.builders import a_record

_ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
_SECONDS = 3
_NAME = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5"
_IMAGE, _LIST = f"/images/{_NAME}.png", "/images?limit=20"
_BODY = b"\x89PNG\r\n\x1a\n" + os.urandom(40_000) + b"\0\0\0\0IEND\xaeB`\x82"
_RECORDS = 100
_TARGET = 1 / 0.8  # at least 0.8 of the responses per second

_LOCKED = {"AUTH_REQUIRED": "true", "RATE_LIMIT_DEFAULT": "999999/second"}
_SERVERS = {
    "off": {"RATE_LIMIT_DEFAULT": "off"},
    "on": _LOCKED,
    "private": _LOCKED | {"PUBLIC_IMAGES": "false"},
}


@dataclass(frozen=True)
class ReadTarget:
    """A request to a server, and the target that it is compared with."""

    server: str
    path: str
    reference: str = ""
    cached: bool = False


@dataclass(frozen=True)
class RequestCost:
    """Processor seconds per request, and the number of responses."""

    cpu: float
    responses: int


_TARGETS = {
    "image, off": ReadTarget("off", _IMAGE),
    "image, on": ReadTarget("on", _IMAGE, "image, off"),
    "image, on and private": ReadTarget("private", _IMAGE, "image, off"),
    "304, off": ReadTarget("off", _IMAGE, cached=True),
    "304, on and private": ReadTarget("private", _IMAGE, "304, off", cached=True),
    "list, off": ReadTarget("off", _LIST),
    "list, on": ReadTarget("on", _LIST, "list, off"),
}


def main() -> None:
    """Measure all targets in turn, round by round."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt install wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = {
            name: stack.enter_context(_serving(folder / name, settings))
            for name, settings in _SERVERS.items()
        }
        spent: dict[str, list[RequestCost]] = {name: [] for name in _TARGETS}
        for number in range(_ROUNDS + 1):
            for name, target in _TARGETS.items():
                sample = _sample(*servers[target.server], target)
                if number:  # the first round opens connections and fills caches
                    spent[name].append(sample)
    title = "Reading with keys and limits: CPU per request"
    report("auth", title, [_measurement(name, spent) for name in _TARGETS])


def _measurement(name: str, spent: Mapping[str, list[RequestCost]]) -> Measurement:
    reference = _TARGETS[name].reference
    responses = statistics.median(sample.responses for sample in spent[name])
    return compare(
        name,
        [sample.cpu for sample in spent[name]],
        [sample.cpu for sample in spent[reference or name]],
        value=f"{responses / _SECONDS:,.0f}/s",
        target=_TARGET if reference else None,
    )


def _sample(server: Server, key: str, target: ReadTarget) -> RequestCost:
    headers = {"Authorization": f"Bearer {key}"}
    if target.cached:
        headers["If-None-Match"] = f'"{_NAME}"'
    before = server.cpu_seconds()
    responses = send_with_wrk(server.address + target.path, headers, _SECONDS)
    return RequestCost((server.cpu_seconds() - before) / responses, responses)


@contextmanager
def _serving(folder: Path, settings: Mapping[str, str]) -> Iterator[tuple[Server, str]]:
    """Run a server that has images of an API key; yield both."""
    with gunicorn(folder, "wsgi:app", settings) as server:
        data = folder / "data"
        LocalImageStore(data / "store").put(_IMAGE[1:], _BODY, content_type="image/png")
        file = SqliteDatabase(data / "records.sqlite3")
        with closing(file):
            made = ApiKeys(SqliteApiKeys(file), SystemClock()).create("bench", scopes={Scope.READ})
            records = SqliteRecords(file)
            records.insert(a_record(id=_NAME, owner=made.key.id))
            for _ in range(_RECORDS):
                records.insert(a_record(owner=made.key.id))
        yield server, made.text


if __name__ == "__main__":
    main()
