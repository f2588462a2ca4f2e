"""What loading the application once, before the fork, saves with four workers: memory and time.

Looked at twice: when each worker has answered a first request, with the same modules loaded, and
when each has drawn images and stored them in S3, and so has clients and used memory of its own.
"""

import asyncio
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.generation.concurrent import bucket, upstream
from bench.generation.sample_original import bought
from bench.results import Row, report
from bench.support import http_load, processes
from tests.support.servers.databases import seaweedfs
from tests.support.servers.gunicorn import SHIPPED, gunicorn

ROUNDS = 3
WORKERS = 4
_TARGET = 0.42
_DELAY = 0.3  # seconds in which all workers get something to do
_BATCHES, _BATCH = 5, 24
_FIRST = 60  # requests, so that each of the workers gets one
# The shipped settings, but each worker loads the application and the SDKs by itself.
_EACH = """
import os
bind = f"127.0.0.1:{os.environ['PORT']}"
worker_class, workers, threads = "gthread", int(os.environ["WEB_CONCURRENCY"]), 128
control_socket_disable = True
def post_worker_init(worker):
    from app.config import Settings
    from app.container import preload
    from app.server import periodic, process_setup
    preload(Settings.load())
    periodic.PeriodicTask(process_setup.release_free_memory, 15).start()
"""


@dataclass(frozen=True)
class Used:
    """What master and workers used: MB after a first request and after drawing, and seconds."""

    first: float
    drawn: float
    seconds: float


def main() -> None:
    """Print the memory of four workers, loaded once and loaded each by itself."""
    processes.end_in_order()
    once: list[Used] = []
    each: list[Used] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "s3").mkdir()
        s3 = stack.enter_context(seaweedfs(folder / "s3"))
        model = stack.enter_context(upstream(folder, bought(), _DELAY))
        settings = model | bucket(s3) | {"web_concurrency": WORKERS, "malloc_arena_max": 2}
        changed = folder / "each.conf.py"
        changed.write_text(_EACH)
        for number in range(ROUNDS):
            each.append(_used(folder / f"each{number}", changed, settings))
            once.append(_used(folder / f"once{number}", SHIPPED, settings))
    pairs = list(zip(once, each, strict=True))
    first = [(mine.first, reference.first) for mine, reference in pairs]
    drawn = [(mine.drawn, reference.drawn) for mine, reference in pairs]
    seconds = [(mine.seconds, reference.seconds) for mine, reference in pairs]
    report(
        "preload",
        f"{WORKERS} workers, loaded once / loaded by each (median of {ROUNDS})",
        [
            _row("memory after a first request", first, "MB", most=_TARGET),
            _row("memory when all have drawn images", drawn, "MB"),
            _row("processor time until then", seconds, "s"),
        ],
    )


def _used(folder: Path, config: Path, settings: dict[str, Any]) -> Used:
    with gunicorn(folder, config, **settings) as server:
        address = server.url.removeprefix("http://")
        asyncio.run(_greet(address))
        pids = processes.family(server.process.pid)
        first = processes.memory(pids)
        for _ in range(_BATCHES):
            asyncio.run(http_load.generate(address, _BATCH))
        time.sleep(16)  # free memory is given back every fifteen seconds
        return Used(first, processes.memory(pids), processes.processor(pids))


async def _greet(address: str) -> None:
    await asyncio.gather(*(http_load.get(address, "/healthz") for _ in range(_FIRST)))


def _row(name: str, pairs: list[tuple[float, float]], unit: str, most: float | None = None) -> Row:
    ratios = [mine / reference for mine, reference in pairs]
    value = f"{statistics.median(mine for mine, _ in pairs):.3g} {unit}"
    return Row(
        name=name,
        ratio=statistics.median(ratios),
        most=most,
        low=min(ratios),
        high=max(ratios),
        value=value,
    )


if __name__ == "__main__":
    main()
