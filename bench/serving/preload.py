"""The savings of loading the application once, before the fork: `python -m bench.serving.preload`.

Four workers are measured twice: when each has served a first request, with the same modules loaded,
and when each has generated images and stored them in S3, with clients and memory of its own.
"""

import asyncio
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.results import Measurement, compare, report
from bench.support import http_load, processes
from bench.support.sample_images import model_image
from bench.support.servers import new_s3_bucket, upstream_model
from tests.support.servers.databases import seaweedfs
from tests.support.servers.gunicorn import SHIPPED, gunicorn

ROUNDS = 3
WORKERS = 4
_TARGET = 0.42
_DELAY = 0.3  # seconds, in which all workers get a request
_BATCHES, _BATCH_SIZE = 5, 24
_FIRST_REQUESTS = 60  # so that each worker gets one
_SETTLE_SECONDS = 16  # free memory is released every fifteen seconds
# The shipped settings, except that each worker loads the application and the SDKs by itself.
_EACH_LOADS = """
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
class Usage:
    """What master and workers used.

    Attributes:
        memory_first: MB after a first request.
        memory_used: MB after generating images.
        seconds: processor seconds until then.
    """

    memory_first: float
    memory_used: float
    seconds: float


Rounds = tuple[list[Usage], list[Usage]]
"""What was used in each round, loaded once and loaded by each."""


def main() -> None:
    """Measure workers that share a loaded application, and workers that each load it."""
    processes.exit_on_sigterm()
    shared: list[Usage] = []
    separate: list[Usage] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "s3").mkdir()
        s3 = stack.enter_context(seaweedfs(folder / "s3"))
        model = stack.enter_context(upstream_model(folder, model_image(), _DELAY))
        settings = model | new_s3_bucket(s3) | {"web_concurrency": WORKERS, "malloc_arena_max": 2}
        each_loads = folder / "each.conf.py"
        each_loads.write_text(_EACH_LOADS)
        for number in range(ROUNDS):
            separate.append(_usage(folder / f"each{number}", each_loads, settings))
            shared.append(_usage(folder / f"once{number}", SHIPPED, settings))
    title = f"{WORKERS} workers, loaded once / loaded by each (median of {ROUNDS})"
    measurements = [
        _ratio("memory after a first request", "memory_first", "MB", (shared, separate), _TARGET),
        _ratio("memory after generating images", "memory_used", "MB", (shared, separate)),
        _ratio("processor time until then", "seconds", "s", (shared, separate)),
    ]
    report("preload", title, measurements)


def _usage(folder: Path, config: Path, settings: dict[str, Any]) -> Usage:
    with gunicorn(folder, config, **settings) as server:
        address = server.url.removeprefix("http://")
        asyncio.run(_send_first_requests(address))
        pids = processes.process_tree(server.process.pid)
        first = processes.memory_mb(pids)
        for _ in range(_BATCHES):
            asyncio.run(http_load.generate(address, _BATCH_SIZE))
        time.sleep(_SETTLE_SECONDS)
        return Usage(first, processes.memory_mb(pids), processes.processor_seconds(pids))


async def _send_first_requests(address: str) -> None:
    await asyncio.gather(*(http_load.get(address, "/healthz") for _ in range(_FIRST_REQUESTS)))


def _ratio(
    name: str, attribute: str, unit: str, rounds: Rounds, target: float | None = None
) -> Measurement:
    values, references = ([getattr(each, attribute) for each in used] for used in rounds)
    value = f"{statistics.median(values):.3g} {unit}"
    return compare(name, values, references, value=value, target=target)


if __name__ == "__main__":
    main()
