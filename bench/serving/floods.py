"""/healthz while others flood the service as shipped: `python -m bench.serving.floods`.

BENCH_REPEATS is how often all floods are run, by default once; the table has the medians of the
runs. BENCH_SERVICE is the folder of another version of the service, to compare with. BENCH_FLOODS
is a part of the names of the floods to run. BENCH_CLIENTS is the number of clients of the large
floods.
"""

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from app.config import Settings
from bench.results import Measurement, report
from bench.serving.flood_clients import (
    ProbeResult,
    probe,
    read_slowly,
    request_repeatedly,
    serve_empty_responses,
)
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.databases import S3Server, new_bucket, s3_client, seaweedfs
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.free_ports import HOST, free_port
from tests.support.servers.processes import listens

SERVICE = Path(os.environ.get("BENCH_SERVICE", Path(__file__).resolve().parents[2]))
CLIENTS = int(os.environ.get("BENCH_CLIENTS", "600"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
REPEATS = int(os.environ.get("BENCH_REPEATS", "1"))
TARGET_SECONDS = 0.15
_TIMEOUT_SECONDS = 60
_TEXT_SECONDS = 17  # of the slow text model
_NAME = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5"
_IMAGE = f"/images/{_NAME}.png"
_LARGE = f"{_IMAGE}?w=2048&h=2048&filter=sepia"  # 8.7 MB
# Six variants that take seconds each, as 606 requests for different ones are refused.
_VARIANTS = [f"{_IMAGE}?w=2048&h=2048&format=avif&quality={60 + more}" for more in range(6)]
_SILENT = "ffffffff"  # begins the names for which S3 is silent
_INVENTED = [f"/images/{_SILENT}-*.png"]


@dataclass(frozen=True, eq=False)
class Flood:
    """Clients of one kind: a function of `flood_clients`, and arguments of it.

    Attributes:
        name: what they do.
        reported: how many clients once kept everyone else waiting.
        run: called with the server's URL, the number of clients, the seconds, and `options`.
    """

    name: str
    reported: int
    run: Callable[..., dict[int, int]]
    options: dict[str, Any]


_FLOODS = (
    Flood("cold variants", 606, request_repeatedly, {"paths": _VARIANTS, "own": False}),
    Flood("slow readers", 288, read_slowly, {"path": _LARGE}),
    Flood(
        "slow text model",
        40,
        request_repeatedly,
        {"paths": ["/generate-prompts?theme=*"], "own": True},
    ),
    Flood("silent S3", 200, request_repeatedly, {"paths": _INVENTED, "own": True}),
)


def main() -> None:
    """Run each flood as reported, then each with more clients, then all of them together."""
    chosen = os.environ.get("BENCH_FLOODS", "")
    floods: dict[str, dict[Flood, int]] = {"no flood": {}}
    floods |= {f"{one.name}, {one.reported}": {one: one.reported} for one in _FLOODS}
    floods |= {f"{one.name}, {CLIENTS}": {one: CLIENTS} for one in _FLOODS}
    floods[f"all four, {CLIENTS} each"] = dict.fromkeys(_FLOODS, CLIENTS)
    runs: dict[str, list[ProbeResult]] = {}
    for number in range(REPEATS):
        for title in (title for title in floods if chosen in title):
            for probed, result in _measure(title, floods[title]).items():
                name = f"{title}: {probed}"
                runs.setdefault(name, []).append(result)
                print(f"run {number + 1}, {name}: {1000 * _p99(result):.0f} ms", flush=True)
    title = f"p99 / {1000 * TARGET_SECONDS:.0f} ms, medians of {REPEATS} runs"
    report("floods", title, [_row(name, results) for name, results in runs.items()])


def _p99(result: ProbeResult) -> float:
    return statistics.quantiles(result.seconds, n=100)[98]


def _row(name: str, results: list[ProbeResult]) -> Measurement:
    """Return the median of the runs' 99th percentiles, with the best and the worst of them."""
    runs = [_p99(result) / TARGET_SECONDS for result in results]
    longest = max(max(result.seconds) for result in results)
    failed = sum(result.failed for result in results)
    return Measurement(
        name=name,
        ratio=statistics.median(runs),
        low=min(runs),
        high=max(runs),
        target=1.0 if name.endswith("/healthz") else None,
        value=f"{1000 * TARGET_SECONDS * statistics.median(runs):.0f} ms, "
        f"longest {1000 * longest:.0f} ms" + (f", {failed} failed" if failed else ""),
    )


def _measure(title: str, floods: dict[Flood, int]) -> dict[str, ProbeResult]:
    """Return the probes during the floods of a new server, and those of an idle one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _server(Path(folder)) as url,
        _idle_server() as idle_url,
        ProcessPoolExecutor(len(floods) + 3, mp_context=get_context("spawn")) as pool,
    ):
        running = {
            flood.name: pool.submit(flood.run, url, clients, SECONDS + 2.0, **flood.options)
            for flood, clients in floods.items()
        }
        time.sleep(2)  # until the clients have started
        urls = {"/healthz": url, "/readyz": url, "/ of an idle server": idle_url}
        probes = {
            name: pool.submit(probe, address, name.partition(" ")[0], SECONDS, _TIMEOUT_SECONDS)
            for name, address in urls.items()
        }
        results = {name: future.result() for name, future in probes.items()}
        received = {name: future.result() for name, future in running.items()}
        print(f"{title}: {received}", flush=True)
        return results


@contextmanager
def _idle_server() -> Iterator[str]:
    """Run a server that does nothing else: how long it takes, everything takes on this machine."""
    port = free_port()
    process = get_context("spawn").Process(target=serve_empty_responses, args=(HOST, port))
    process.start()
    try:
        while not listens(port):
            time.sleep(0.05)
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.join()


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Run the service as shipped, on S3 behind a proxy and on a slow text model."""
    (folder / "s3").mkdir()
    with (
        seaweedfs(folder / "s3") as s3,
        FaultProxy(s3.host, s3.port) as proxy,
        FakeOpenAI() as fake,
    ):
        fake.always("chat", Fault("slow").after(_TEXT_SECONDS))
        proxy.hold_at(f"/images/{_SILENT}".encode(), forward=False)
        environment = _settings(s3, proxy, fake) | {"DATA_DIR": str(folder / "data")}
        port = free_port()
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "wsgi:app"],
                cwd=SERVICE,
                env={"PATH": os.environ["PATH"], "PORT": str(port), **environment},
                stdout=log,
                stderr=log,
            )
        try:
            deadline = time.monotonic() + _TIMEOUT_SECONDS
            while not listens(port):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, "gunicorn does not listen"
                time.sleep(0.05)
            yield f"http://{HOST}:{port}"
        finally:
            process.kill()
            process.wait()


def _settings(s3: S3Server, proxy: FaultProxy, fake: FakeOpenAI) -> dict[str, str]:
    with closing(s3_client(s3)) as client:
        bucket = new_bucket(s3, client)
        for folder, size in (("images", 256), ("originals", 1024)):
            key = f"{folder}/{_NAME}.png"
            client.put_object(Bucket=bucket, Key=key, Body=_noise(size), ContentType="image/png")
    return {
        **_shipped(),
        "OPENAI_API_KEY": fake.api_key,
        "OPENAI_BASE_URL": fake.base_url,
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret_key,
        "AWS_REGION": s3.region,
        "S3_BUCKET_NAME": bucket,
        "S3_ENDPOINT_URL": f"http://{proxy.host}:{proxy.port}",
    }


def _shipped() -> dict[str, str]:
    """Return the shipped rate limits, whatever the environment says."""
    fields: dict[str, Any] = Settings.model_fields
    return {
        name.upper(): str(field.default)
        for name, field in fields.items()
        if name.startswith("rate_limit_")
    }


def _noise(size: int) -> bytes:
    """Return a PNG file that hardly compresses."""
    pixels = np.random.default_rng(1).integers(0, 256, (size, size, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
