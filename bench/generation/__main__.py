"""The cost of the billing guarantees of a generation: `python -m bench.generation`.

The reference does the same work without them. The provider responds immediately with a 1024x1024
image, so that only the service's own work is measured.
"""

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from app.config import Settings
from app.container import build_dependencies, build_ports
from app.models import ImageRecord, ImageRequest, State
from app.ports import Ports
from app.usecases.generation.idempotency import claim_of
from bench.results import Measurement, report
from bench.support.servers import new_s3_bucket
from bench.support.timing import interleave
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import seaweedfs, secantusdb

ROUNDS = 40
PROMPT = "A red fox"
REQUEST = ImageRequest(
    first_prompt=PROMPT, prompt=PROMPT, subject=PROMPT, quality="medium", size="1024x1024"
)


def main() -> None:
    """Measure with embedded stores, then with MongoDB and S3."""
    with ExitStack() as stack:
        fake = stack.enter_context(FakeOpenAI())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("s3", "mongo"):
            (folder / name).mkdir()
        openai = {"openai_api_key": fake.api_key, "openai_base_url": fake.base_url}
        _measure("sqlite", "SQLite, files", {**openai, "data_dir": folder / "embedded"})
        s3 = stack.enter_context(seaweedfs(folder / "s3"))
        mongo = stack.enter_context(secantusdb(folder / "mongo"))
        stores = {"mongodb_uri": mongo.uri, "mongodb_database": "bench"} | new_s3_bucket(s3)
        _measure("mongodb", "MongoDB, S3", {**openai, **stores, "data_dir": folder / "servers"})


def _measure(section: str, stores: str, values: dict[str, Any]) -> None:
    settings = Settings(**values)
    ports = build_ports(settings)
    generate = build_dependencies(settings, ports).generate
    functions: dict[str, Callable[[], object]] = {
        "no guarantees: generate, cut out, store, record": lambda: _without_guarantees(ports),
        "this service": lambda: generate(REQUEST),
        "this service, with an Idempotency-Key": lambda: generate(
            REQUEST, claim=claim_of("", uuid.uuid4().hex)
        ),
    }
    spent = interleave(functions, ROUNDS, warm_up=3, clock=time.perf_counter)
    medians = {name: statistics.median(times) for name, times in spent.items()}
    floor = next(iter(medians.values()))
    title = f"One generation, {stores} (median of {ROUNDS}, interleaved)"
    measurements = [
        Measurement(name=name, ratio=median / floor, value=f"{1000 * median:.1f} ms")
        for name, median in medians.items()
    ]
    report(f"generation_{section}", title, measurements)


def _without_guarantees(ports: Ports) -> None:
    """Do what a response needs, and nothing for the case of a failure."""
    ports.moderator.check(PROMPT)
    image_id, now = str(uuid.uuid4()), ports.clock.now()
    generated = ports.generator.draw(REQUEST)
    cutout = ports.image_processor.cut_out(generated.data)
    ports.store.put(f"originals/{image_id}.png", generated.data, content_type="image/png")
    ports.store.put(f"images/{image_id}.png", cutout.png, content_type="image/png")
    ports.records.insert(
        ImageRecord(
            id=image_id, state=State.READY, requested_at=now, lease_until=now, created_at=now
        )
    )


if __name__ == "__main__":
    main()
