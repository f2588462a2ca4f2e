"""A service on real parts that can be made to fail; the matrix runs on it."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from pymongo import MongoClient

from app.errors import AppError
from app.services.runtime.timing import SystemClock
from tests.faults.points import KEY, HeldRequest
from tests.support.cheap_starts import shipped_probes
from tests.support.concurrency.threads import wait_until_passes
from tests.support.fake_openai import SECRET_MARKER
from tests.support.servers.databases import patient
from tests.support.servers.s3_filter import Lie, S3Filter
from tests.support.servers.s3_refusals import Refusal
from tests.support.service import Parts, Service, serving, settings_for

PROMPT = "A red fox with a lantern"
LEASE_SECONDS = 240.0
"""Longer than any lease in these tests."""

_CHECK_CACHE_SECONDS = 6.0  # longer than the service caches a check of a part
_REDIS_PASSWORD = "redis-password-0123"  # the server accepts any from its default user
_PUBLIC_URL = "https://images.example.com"


class AdjustableClock:
    """The system's clock with an offset, so that no test waits for time to pass."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._offset = 0.0

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._offset += seconds

    def now(self) -> datetime:
        """See Clock."""
        return self._clock.now() + timedelta(seconds=self._offset)

    def monotonic(self) -> float:
        """See Clock."""
        return self._clock.monotonic() + self._offset


class Rig:
    """A service with its parts, a clock, and the faults that can be caused."""

    def __init__(self, service: Service, parts: Parts, clock: AdjustableClock) -> None:
        self.service, self.parts, self.clock = service, parts, clock
        self.fake = parts.fake
        self.released = threading.Event()
        self.path = ""
        self._pool = ThreadPoolExecutor(16)
        self._background: list[Future[object]] = []
        self._repairs: list[Callable[[], object]] = []

    def generate(
        self, prompt: str = PROMPT, *, key: str | None = KEY, **fields: Any
    ) -> requests.Response:
        """Request an image."""
        return self.post({"prompt": prompt, **fields}, key=key)

    def post(
        self, body: object, *, key: str | None = KEY, kind: str | None = "application/json"
    ) -> requests.Response:
        """Post any body to /generate-image; bytes are sent unchanged."""
        headers = {"Idempotency-Key": key, "Content-Type": kind}
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        given = {name: value for name, value in headers.items() if value is not None}
        return self.service.call("POST", "/generate-image", headers=given, **content)

    def generate_image(self) -> None:
        """Generate an image and remember its `path`."""
        response = self.generate()
        assert response.status_code == 200, response.text
        self.path = f"/images/{response.json()['filename']}"

    def check_parts(self) -> None:
        """Check that all parts are up, which the service remembers for a few seconds."""
        assert self.service.get("/readyz").status_code == 200

    def in_background(self, work: Callable[[], object]) -> None:
        """Run this in the background; `heal` waits for it."""
        self._background.append(self._pool.submit(work))

    def break_at(self, point: HeldRequest, how: str = "refuse") -> None:
        """Make the part fail once a request has reached this point."""
        self.check_parts()  # otherwise the check's own writes would reach it first
        point.set_up(self.parts, self.released)

        def watch() -> None:
            point.wait(self.parts)
            getattr(getattr(self.parts, point.part), how)()

        self.in_background(watch)

    def refuse_at_s3(self, *refusals: Refusal, probes_as_shipped: bool = False) -> None:
        """Make S3 refuse these requests, which may depend on their size, and respond to others."""
        target, stack = self.parts.s3.target, contextlib.ExitStack()
        if probes_as_shipped:
            stack.enter_context(shipped_probes())
        refusing = stack.enter_context(S3Filter(*target, refusals))
        self.parts.s3.route_to(refusing.host, refusing.port)
        self.repair_by(stack.close)
        self.repair_by(lambda: self.parts.s3.route_to(*target))

    def fail_at_mongo(self, *commands: str, **failure: object) -> None:
        """Make MongoDB carry out or refuse these commands, and respond with a failure."""
        client = MongoClient[dict[str, Any]](*self.parts.mongo.target, directConnection=True)

        def set_to(mode: str) -> None:
            data = {"failCommands": commands, **failure}
            client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": data})

        self.repair_by(client.close)
        self.repair_by(lambda: set_to("off"))
        set_to("alwaysOn")

    def lie_at_s3(self, *lies: Lie) -> None:
        """Make S3 answer these requests incorrectly."""
        target, stack = self.parts.s3.target, contextlib.ExitStack()
        lying = stack.enter_context(S3Filter(*target))
        lying.lies = lies
        self.parts.s3.route_to(lying.host, lying.port)
        self.repair_by(stack.close)
        self.repair_by(lambda: self.parts.s3.route_to(*target))

    def repair_by(self, repair: Callable[[], object]) -> None:
        """Add an action to `heal`."""
        self._repairs.append(repair)

    def heal(self) -> None:
        """Make everything work again, and wait until the service notices."""
        self.released.set()
        while self._background:
            self._background.pop().result()
        for proxy in (self.parts.s3, self.parts.mongo, self.parts.redis):
            proxy.pass_through()
        self.fake.clear()
        while self._repairs:
            self._repairs.pop()()
        for part in (self.service.ports.records, self.service.ports.store):
            wait_until_passes(part.ping, (AppError,))
        self.clock.advance(_CHECK_CACHE_SECONDS)

    def close(self) -> None:
        """Heal everything and stop the background work."""
        self.heal()
        self._pool.shutdown()


def generate(rig: Rig) -> requests.Response:
    """Request an image under the key of this test."""
    return rig.generate()


def fetch(rig: Rig) -> requests.Response:
    """Fetch the image that was generated before."""
    return rig.service.get(rig.path)


@contextlib.contextmanager
def running_rig(parts: Parts, folder: Path, settings: Mapping[str, Any]) -> Iterator[Rig]:
    """Serve on the real parts, without the memory cache, which would hide faults."""
    clock = AdjustableClock()
    values = settings_of(parts, folder) | {"memory_cache_mb": 0} | dict(settings)
    with serving(settings_for(**values), clock) as service:
        rig = Rig(service, parts, clock)
        try:
            yield rig
        finally:
            rig.close()


def settings_of(parts: Parts, folder: Path) -> dict[str, Any]:
    """Return settings under which no response needs to name a host or a bucket."""
    redis = f"redis://default:{_REDIS_PASSWORD}@{parts.redis.host}:{parts.redis.port}/0"
    redis = patient(redis, seconds=5)  # otherwise a busy machine counts a rate elsewhere
    return parts.settings | {
        "redis_url": redis,
        "s3_public_url": _PUBLIC_URL,
        "data_dir": folder / "data",
    }


def secrets_of(parts: Parts) -> tuple[str, ...]:
    """Return the texts that must never be in a log."""
    return (
        parts.fake.api_key,
        parts.settings["openai_api_key"],
        parts.settings["aws_secret_access_key"],
        _REDIS_PASSWORD,
        SECRET_MARKER,
    )


def private_names_of(parts: Parts) -> tuple[str, ...]:
    """Return the texts that must never be in a response: secrets, hosts and names."""
    proxies = (parts.s3, parts.mongo, parts.redis)
    return (
        *secrets_of(parts),
        *(f"{proxy.host}:{proxy.port}" for proxy in proxies),
        f"127.0.0.1:{parts.fake.port}",
        parts.settings["aws_access_key_id"],
        parts.settings["s3_bucket_name"],
        parts.settings["mongodb_database"],
    )
