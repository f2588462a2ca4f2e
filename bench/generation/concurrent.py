"""128 concurrent generations, on a model that takes five seconds: time, memory, processor, health.

The service runs as shipped: gunicorn.conf.py, two workers, S3. Beside it runs what can't be left
out, in two processes as well: 128 times the bare cutout and two uploads of the same bytes.
"""

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3

from app.imaging import cutout
from bench.generation.sample_original import bought
from bench.results import Row, report
from bench.support import http_load, processes
from tests.support.servers.databases import S3Server, new_bucket, s3_client, seaweedfs, secantusdb
from tests.support.servers.free_ports import HOST, free_port
from tests.support.servers.gunicorn import ROOT, Gunicorn, gunicorn
from tests.support.servers.processes import listens, running

ROUNDS = 3
GENERATIONS = 128
WORKERS = 2
DELAY = 5.0  # seconds that the model takes
_SETTLE_SECONDS = 16.0  # free memory is given back every fifteen
_WARM_UP = 3


@dataclass(frozen=True)
class Round:
    """What one round came to: seconds, MB, and processor seconds for one generation."""

    peak: int
    wall: float
    health: float
    base: float
    most: float
    after: float
    own: float
    bare: float


def main() -> None:
    """Print a table for each kind of records."""
    processes.end_in_order()
    image = bought()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("s3", "mongo"):
            (folder / name).mkdir()
        s3 = stack.enter_context(seaweedfs(folder / "s3"))
        settings = stack.enter_context(upstream(folder, image, DELAY)) | bucket(s3)
        mongo = stack.enter_context(secantusdb(folder / "mongo"))
        _measure("SQLite", folder / "sqlite", image, settings)
        records = {"mongodb_uri": mongo.uri, "mongodb_database": "bench"}
        _measure("MongoDB", folder / "mongodb", image, settings | records)


def _measure(records: str, folder: Path, image: bytes, settings: dict[str, Any]) -> None:
    rounds = []
    for number in range(ROUNDS):
        # Each round begins with a server that has answered a few callers, and no more.
        with gunicorn(folder / str(number), web_concurrency=WORKERS, **settings) as server:
            rounds.append(_round(server, image, settings))
        print(f"  {records} {number + 1}: {asdict(rounds[-1])}", file=sys.stderr)
    title = f"{GENERATIONS} concurrent generations, {DELAY:.0f} s each, S3 and {records}"
    report(f"many_{records.lower()}", f"{title} (median of {ROUNDS})", _rows(rounds))


def _round(server: Gunicorn, image: bytes, settings: dict[str, Any]) -> Round:
    address = server.url.removeprefix("http://")
    upstream = settings["openai_base_url"].removeprefix("http://").removesuffix("/v1")
    bare = _bare(settings, image)
    asyncio.run(
        http_load.generate(address, WORKERS * 4)
    )  # clients and code are loaded at first use
    asyncio.run(http_load.get(upstream, "/peak"))
    time.sleep(_SETTLE_SECONDS)
    pids = processes.family(server.process.pid)
    base, before = processes.memory(pids), processes.processor(pids)
    load = asyncio.run(http_load.under_load(address, GENERATIONS, lambda: processes.memory(pids)))
    own = processes.processor(pids) - before
    peak = asyncio.run(http_load.get(upstream, "/peak"))
    time.sleep(_SETTLE_SECONDS)
    return Round(
        peak=int(peak.body),
        wall=load.wall,
        health=load.health,
        base=base,
        most=load.most,
        after=processes.memory(pids),
        own=own / GENERATIONS,
        bare=bare / GENERATIONS,
    )


def _rows(rounds: list[Round]) -> list[Row]:
    return [
        _row("in flight at the model / asked for", GENERATIONS, "", [r.peak for r in rounds]),
        _row("wall / the model's delay", DELAY, "s", [r.wall for r in rounds], most=2.5),
        _row("/healthz p99 / 150 ms", 150, "ms", [1000 * r.health for r in rounds], most=1),
        _row(
            "memory for each in flight / 4 MB",
            4,
            "MB",
            [(r.most - r.base) / GENERATIONS for r in rounds],
            most=1,
        ),
        _row(
            f"memory {_SETTLE_SECONDS:.0f} s afterwards / before",
            statistics.median(r.base for r in rounds),
            "MB",
            [r.after for r in rounds],
        ),
        _row(
            "processor / bare cutout + two uploads",
            statistics.median(r.bare for r in rounds) * 1000,
            "ms",
            [1000 * r.own for r in rounds],
            most=1.3,
        ),
    ]


def _row(
    name: str, reference: float, unit: str, values: list[float], most: float | None = None
) -> Row:
    ratios = [value / reference for value in values]
    return Row(
        name=name,
        ratio=statistics.median(ratios),
        most=most,
        low=min(ratios),
        high=max(ratios),
        value=f"{statistics.median(values):.4g} {unit}".rstrip(),
    )


def _bare(settings: dict[str, Any], image: bytes) -> float:
    """Return the processor seconds of as many bare generations, in as many processes."""
    share = GENERATIONS // WORKERS
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        return sum(pool.starmap(_careless, [(settings, image, share)] * WORKERS, 1))


def _careless(settings: dict[str, Any], image: bytes, count: int) -> float:
    """Cut out and upload twice, by boto3 as it comes; return the processor seconds that it took."""
    client = boto3.client(
        "s3",
        endpoint_url=settings["s3_endpoint_url"],
        region_name=settings["aws_region"],
        aws_access_key_id=settings["aws_access_key_id"],
        aws_secret_access_key=settings["aws_secret_access_key"],
    )
    bucket, began = settings["s3_bucket_name"], 0.0
    for number in range(count + _WARM_UP):
        if number == _WARM_UP:
            began = time.process_time()
        done = cutout(image)
        client.put_object(Bucket=bucket, Key=f"bare/{number}.bought.png", Body=image)
        client.put_object(Bucket=bucket, Key=f"bare/{number}.png", Body=done.png)
    return time.process_time() - began


def bucket(s3: S3Server) -> dict[str, Any]:
    """Make a bucket; return the settings that lead to it."""
    with closing(s3_client(s3)) as client:
        bucket = new_bucket(s3, client)
    return {
        "aws_access_key_id": s3.access_key,
        "aws_secret_access_key": s3.secret_key,
        "aws_region": s3.region,
        "s3_bucket_name": bucket,
        "s3_endpoint_url": s3.endpoint_url,
    }


@contextmanager
def upstream(folder: Path, image: bytes, delay: float) -> Iterator[dict[str, Any]]:
    """Run a model that takes so many seconds; yield the settings that lead to it."""
    port, file = free_port(), folder / "image.png"
    file.write_bytes(image)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "bench.generation.upstream",
        str(port),
        str(delay),
    ]
    path = {"PYTHONPATH": str(ROOT)}
    with running([*command, file], folder / "upstream", lambda: listens(port), env=path):
        yield {"openai_api_key": "sk-bench", "openai_base_url": f"http://{HOST}:{port}/v1"}


if __name__ == "__main__":
    main()
