"""128 concurrent generations with a model that takes five seconds.

Measures time, memory, processor time and the response time of /healthz. The service runs as
shipped: gunicorn.conf.py, two workers, S3. The reference is the unavoidable work, in two processes
as well: 128 bare cutouts, each with two uploads of the same bytes.
"""

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3

from app.imaging import cutout
from bench.results import Measurement, compare, report
from bench.support import http_load, processes
from bench.support.sample_images import model_image
from bench.support.servers import new_s3_bucket, upstream_model
from tests.support.servers.databases import seaweedfs, secantusdb
from tests.support.servers.gunicorn import Gunicorn, gunicorn

ROUNDS = 3
GENERATIONS = 128
WORKERS = 2
DELAY = 5.0  # seconds that the model takes
_SETTLE_SECONDS = 16.0  # free memory is released every fifteen
_WARM_UP = 3


@dataclass(frozen=True)
class Round:
    """The results of a round.

    Attributes:
        in_flight: the largest number of requests that waited at the model at the same time.
        wall: seconds until the last response.
        health: 99th percentile of /healthz, in seconds.
        memory_before: MB, of all processes of the service.
        memory_peak: MB.
        memory_after: MB, once free memory was released.
        processor: seconds per generation.
        reference: processor seconds of the unavoidable work per generation.
    """

    in_flight: int
    wall: float
    health: float
    memory_before: float
    memory_peak: float
    memory_after: float
    processor: float
    reference: float


def main() -> None:
    """Measure with SQLite, then with MongoDB."""
    processes.exit_on_sigterm()
    image = model_image()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("s3", "mongo"):
            (folder / name).mkdir()
        s3 = stack.enter_context(seaweedfs(folder / "s3"))
        model = stack.enter_context(upstream_model(folder, image, DELAY))
        settings = model | new_s3_bucket(s3)
        mongo = stack.enter_context(secantusdb(folder / "mongo"))
        _measure("SQLite", folder / "sqlite", image, settings)
        records = {"mongodb_uri": mongo.uri, "mongodb_database": "bench"}
        _measure("MongoDB", folder / "mongodb", image, settings | records)


def _measure(records: str, folder: Path, image: bytes, settings: dict[str, Any]) -> None:
    rounds = []
    for number in range(ROUNDS):
        # Each round begins with a server that has served a few requests only.
        with gunicorn(folder / str(number), web_concurrency=WORKERS, **settings) as server:
            rounds.append(_round(server, image, settings))
        print(f"  {records} {number + 1}: {asdict(rounds[-1])}", file=sys.stderr)
    title = f"{GENERATIONS} concurrent generations, {DELAY:.0f} s each, S3 and {records}"
    report(f"many_{records.lower()}", f"{title} (median of {ROUNDS})", _measurements(rounds))


def _round(server: Gunicorn, image: bytes, settings: dict[str, Any]) -> Round:
    address = server.url.removeprefix("http://")
    model = settings["openai_base_url"].removeprefix("http://").removesuffix("/v1")
    reference = _reference_seconds(settings, image)
    # Clients and code are loaded with the first requests.
    asyncio.run(http_load.generate(address, WORKERS * 4))
    asyncio.run(http_load.get(model, "/peak"))
    time.sleep(_SETTLE_SECONDS)
    pids = processes.process_tree(server.process.pid)
    memory_before, before = processes.memory_mb(pids), processes.processor_seconds(pids)
    load = asyncio.run(
        http_load.generate_under_probes(address, GENERATIONS, lambda: processes.memory_mb(pids))
    )
    processor = processes.processor_seconds(pids) - before
    peak = asyncio.run(http_load.get(model, "/peak"))
    time.sleep(_SETTLE_SECONDS)
    return Round(
        in_flight=int(peak.body),
        wall=load.wall,
        health=load.health,
        memory_before=memory_before,
        memory_peak=load.peak,
        memory_after=processes.memory_mb(pids),
        processor=processor / GENERATIONS,
        reference=reference / GENERATIONS,
    )


def _measurements(rounds: list[Round]) -> list[Measurement]:
    memory = [(each.memory_peak - each.memory_before) / GENERATIONS for each in rounds]
    before = statistics.median(each.memory_before for each in rounds)
    reference = 1000 * statistics.median(each.reference for each in rounds)
    health = [1000 * each.health for each in rounds]
    after = [each.memory_after for each in rounds]
    processor = [1000 * each.processor for each in rounds]
    in_flight = [each.in_flight for each in rounds]
    settled = f"memory {_SETTLE_SECONDS:.0f} s afterwards / before"
    return [
        _ratio("in flight at the model / requested", GENERATIONS, "", in_flight),
        _ratio("wall / the model's delay", DELAY, "s", [each.wall for each in rounds], 2.5),
        _ratio("/healthz p99 / 150 ms", 150, "ms", health, 1),
        _ratio("memory per generation in flight / 4 MB", 4, "MB", memory, 1),
        _ratio(settled, before, "MB", after),
        _ratio("processor / bare cutout + two uploads", reference, "ms", processor, 1.3),
    ]


def _ratio(
    name: str,
    reference: float,
    unit: str,
    values: list[float] | list[int],
    target: float | None = None,
) -> Measurement:
    value = f"{statistics.median(values):.4g} {unit}".rstrip()
    return compare(name, values, [reference] * len(values), value=value, target=target)


def _reference_seconds(settings: dict[str, Any], image: bytes) -> float:
    """Return the processor seconds of the unavoidable work, in as many processes."""
    share = GENERATIONS // WORKERS
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        return sum(pool.starmap(_unavoidable_work, [(settings, image, share)] * WORKERS, 1))


def _unavoidable_work(settings: dict[str, Any], image: bytes, count: int) -> float:
    """Cut out and upload twice, with plain boto3; return the processor seconds."""
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
        client.put_object(Bucket=bucket, Key=f"bare/{number}.original.png", Body=image)
        client.put_object(Bucket=bucket, Key=f"bare/{number}.png", Body=done.png)
    return time.process_time() - began


if __name__ == "__main__":
    main()
