"""Processor time per request, as a ratio to bare Flask: `python -m bench.serving`.

Needs wrk (`apt install wrk`), and Linux for the times of the workers.
"""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.services.files.image_store import LocalImageStore
from bench.results import Measurement, compare, report
from bench.serving.load import send_requests, send_with_wrk
from bench.serving.server import Server, gunicorn
from tests.support.servers.databases import new_bucket, s3_client, seaweedfs, valkey

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = 3
NAME = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5"
PATH = f"/images/{NAME}.png"
BODY = b"\x89PNG\r\n\x1a\n" + os.urandom(40_000) + b"\0\0\0\0IEND\xaeB`\x82"
_REFERENCE = "bare Flask, bytes from memory"
_REFERENCE_WITHOUT_WRK = "the same, without wrk"


@dataclass(frozen=True)
class Target:
    """A request to a server.

    Attributes:
        server: its name.
        ratio: to the reference's time, at most; None for no target. The reference is bare Flask
            that sends the image, requested in the same way.
        headers: of the request.
        method: the method to send without wrk, or "" to send a GET with wrk.
    """

    server: str
    ratio: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = ""


TARGETS = {
    _REFERENCE: Target("bare"),
    _REFERENCE_WITHOUT_WRK: Target("bare", method="GET"),
    "memory hit": Target("files", 1.05),
    "304": Target("files", 0.75, {"If-None-Match": f'"{NAME}"'}),
    "HEAD": Target("files", 0.75, method="HEAD"),
    "file hit, no cache": Target("files, no memory", 1.1),
    "Redis hit, no memory": Target("redis", 1.4),
    "S3 miss, no cache": Target("s3", 2.2),
    "302 to S3": Target("redirect"),
    "boto3 get_object in bare Flask": Target("boto3"),
}


def main() -> None:
    """Measure all targets in turn, round by round."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt install wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = stack.enter_context(_servers(folder))
        spent: dict[str, list[float]] = {name: [] for name in TARGETS}
        for number in range(ROUNDS + 1):
            for name, target in TARGETS.items():
                seconds = _seconds_per_request(servers[target.server], target)
                if number:  # the first round opens connections and fills caches
                    spent[name].append(seconds)
    measurements = [_measurement(name, spent) for name in spent]
    report("serving", "Serving an image of 40 KB: CPU per request", measurements)


def _measurement(name: str, spent: Mapping[str, list[float]]) -> Measurement:
    target, times = TARGETS[name], spent[name]
    reference = spent[_REFERENCE_WITHOUT_WRK if target.method else _REFERENCE]
    value = f"{1e6 * statistics.median(times):.0f} us"
    return compare(name, times, reference, value=value, target=target.ratio)


def _seconds_per_request(server: Server, target: Target) -> float:
    url, before = server.address + PATH, server.cpu_seconds()
    if target.method:
        count = send_requests(target.method, url, SECONDS)
    else:
        count = send_with_wrk(url, target.headers, SECONDS)
    return (server.cpu_seconds() - before) / count


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, Server]]:
    """Run all servers, with the image in the store of each."""
    with ExitStack() as stack:
        for name in ("s3", "redis"):
            (folder / name).mkdir()
        s3 = stack.enter_context(seaweedfs(folder / "s3"))
        redis = stack.enter_context(valkey(folder / "redis"))
        with closing(s3_client(s3)) as client:
            bucket = new_bucket(s3, client)
            client.put_object(Bucket=bucket, Key=PATH[1:], Body=BODY, ContentType="image/png")
        (folder / "body").write_bytes(BODY)
        no_memory = {"MEMORY_CACHE_MB": "0"}
        on_s3 = no_memory | {
            "AWS_ACCESS_KEY_ID": s3.access_key,
            "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            "AWS_REGION": s3.region,
            "S3_BUCKET_NAME": bucket,
            "S3_ENDPOINT_URL": s3.endpoint_url,
        }
        references, body = "bench.serving.reference_apps", {"BENCH_BODY": str(folder / "body")}
        apps: dict[str, tuple[str, dict[str, str]]] = {
            "bare": (f"{references}:bytes_from_memory()", body),
            "files": ("wsgi:app", {}),
            "files, no memory": ("wsgi:app", no_memory),
            "redis": ("wsgi:app", no_memory | {"REDIS_URL": redis.url}),
            "s3": ("wsgi:app", on_s3),
            "redirect": ("wsgi:app", on_s3 | {"SERVE_MODE": "redirect"}),
            "boto3": (
                f"{references}:boto3_get_object()",
                on_s3 | {"AWS_DEFAULT_REGION": s3.region},
            ),
        }
        servers = {}
        for name, (app, environment) in apps.items():
            server = stack.enter_context(gunicorn(folder / f"run {name}", app, environment))
            store = LocalImageStore(folder / f"run {name}" / "data" / "store")
            store.put(PATH[1:], BODY, content_type="image/png")
            servers[name] = server
        yield servers


if __name__ == "__main__":
    main()
