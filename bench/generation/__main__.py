"""What paying once and losing nothing costs a generation, beside one that takes no care at all.

The provider answers at once with a 1024x1024 image, so that only our own work is measured.
"""

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from app.config import Settings
from app.container import build_dependencies, build_ports
from app.models import ImageRecord, ImageRequest, State
from app.ports import Ports
from app.usecases.generation.idempotency import claim_of
from bench.results import Row, report
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import new_bucket, s3_client, seaweedfs, secantusdb

ROUNDS = 40
PROMPT = "A red fox"
REQUEST = ImageRequest(
    first_prompt=PROMPT, prompt=PROMPT, subject=PROMPT, quality="medium", size="1024x1024"
)
Way = Callable[[], object]


def main() -> None:
    """Print the median time of each way, and its ratio to the careless one."""
    with ExitStack() as stack:
        fake = stack.enter_context(FakeOpenAI())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        openai = {"openai_api_key": fake.api_key, "openai_base_url": fake.base_url}
        _measure("sqlite", "SQLite, files", {**openai, "data_dir": folder / "embedded"})
        with _servers(folder) as stores:
            _measure("mongodb", "MongoDB, S3", {**openai, **stores, "data_dir": folder / "real"})


def _measure(section: str, stores: str, values: dict[str, Any]) -> None:
    settings = Settings(_env_file=None, **values)
    ports = build_ports(settings)
    generate = build_dependencies(settings, ports).generate
    ways: dict[str, Way] = {
        "careless: draw, cut out, store, record": lambda: _careless(ports),
        "this service": lambda: generate(REQUEST),
        "this service, with an Idempotency-Key": lambda: generate(
            REQUEST, claim=claim_of("", uuid.uuid4().hex)
        ),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 3):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if number >= 3:  # the first rounds make connections
                spent[name].append(time.perf_counter() - began)
    title = f"one generation, {stores} (median of {ROUNDS}, interleaved)"
    floor = statistics.median(next(iter(spent.values())))
    report(f"generation_{section}", title, [_row(name, spent[name], floor) for name in ways])


def _row(name: str, times: list[float], floor: float) -> Row:
    median = statistics.median(times)
    return Row(name=name, ratio=median / floor, value=f"{1000 * median:.1f} ms")


def _careless(ports: Ports) -> None:
    """Do what is needed to answer once, and nothing for the case that something fails."""
    ports.moderator.check(PROMPT)
    image_id, now = str(uuid.uuid4()), ports.clock.now()
    drawing = ports.generator.draw(REQUEST)
    cutout = ports.image_processor.cut_out(drawing.data)
    ports.store.put(f"originals/{image_id}.png", drawing.data, content_type="image/png")
    ports.store.put(f"images/{image_id}.png", cutout.png, content_type="image/png")
    ports.records.insert(
        ImageRecord(
            id=image_id, state=State.READY, requested_at=now, lease_until=now, created_at=now
        )
    )


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, Any]]:
    for name in ("s3", "mongo"):
        (folder / name).mkdir()
    with seaweedfs(folder / "s3") as s3, secantusdb(folder / "mongo") as mongo:
        with closing(s3_client(s3)) as client:
            bucket = new_bucket(s3, client)
        yield {
            "aws_access_key_id": s3.access_key,
            "aws_secret_access_key": s3.secret_key,
            "aws_region": s3.region,
            "s3_bucket_name": bucket,
            "s3_endpoint_url": s3.endpoint_url,
            "mongodb_uri": mongo.uri,
            "mongodb_database": "bench",
        }


if __name__ == "__main__":
    main()
