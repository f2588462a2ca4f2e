"""What loading the application once, before the fork, saves with four workers: memory and time.

Each worker has drawn a picture and stored it in S3, so all that a worker needs is loaded.
"""

import asyncio
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import clients, processes
from bench.many import bucket, upstream
from bench.picture import bought
from bench.results import Row, report
from tests.e2e.server import SHIPPED, gunicorn
from tests.servers import seaweedfs

ROUNDS = 3
WORKERS = 4
_TARGET = 0.42
_DELAY = 0.3  # seconds in which all workers get something to do
_BATCHES, _BATCH = 5, 24
# The shipped settings, but nothing of the application is imported before the fork.
_EACH = """
import os
bind = f"127.0.0.1:{os.environ['PORT']}"
worker_class, workers, threads = "gthread", int(os.environ["WEB_CONCURRENCY"]), 128
control_socket_disable = True
def post_worker_init(worker):
    from app.services import allocator, ticker
    ticker.Ticker(allocator.give_back, 15).start()
"""


def main() -> None:
    """Print the memory of four workers, loaded once and loaded each by itself."""
    once: list[tuple[float, float]] = []
    each: list[tuple[float, float]] = []
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
    title = f"{WORKERS} workers that have each drawn a picture (median of {ROUNDS})"
    memory = [(mine[0], reference[0]) for mine, reference in zip(once, each, strict=True)]
    seconds = [(mine[1], reference[1]) for mine, reference in zip(once, each, strict=True)]
    report(
        "preload",
        title,
        [
            _row("memory: loaded once / by each worker", memory, "MB", most=_TARGET),
            _row("processor time to get there", seconds, "s"),
        ],
    )


def _used(folder: Path, config: Path, settings: dict[str, Any]) -> tuple[float, float]:
    """Return MB and processor seconds once every worker has worked."""
    with gunicorn(folder, config, **settings) as server:
        address = server.url.removeprefix("http://")
        for _ in range(_BATCHES):
            asyncio.run(clients.generate(address, _BATCH))
        time.sleep(16)  # free memory is given back every fifteen seconds
        pids = processes.family(server.process.pid)
        return processes.memory(pids), processes.processor(pids)


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
