"""Builders of valid objects; a test names only what matters to it."""

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from app.container.generation import build_finalizer, build_generate_image, build_recovery
from app.errors import Charged
from app.models import (
    ANONYMOUS,
    Caller,
    ImageInput,
    ImageRecord,
    ImageRequest,
    InputReference,
    Original,
    ProcessedImage,
    State,
)
from app.models.object_keys import ImageFormat
from app.models.prompts import fold
from app.ports import Ports
from app.services.observability.observer import TelemetryObserver
from app.usecases.billing.budgets import BudgetGuard
from app.usecases.billing.pricing import Prices
from app.usecases.generation.estimates import Estimates
from app.usecases.generation.progress import NO_LISTENER, ProgressListener
from app.usecases.operations.health import HealthCheck, Readiness
from app.usecases.operations.storage_check import StorageCheck
from tests.support.fakes.api_keys import FakeApiKeys
from tests.support.fakes.ports import (
    FakeCache,
    FakeClock,
    FakeGenerator,
    FakeImageProcessor,
    FakeImageRecords,
    FakeLedger,
    FakeModerator,
    FakePromptWriter,
    FakeRateLimiter,
    FakeRecentRequests,
    FakeSpool,
    FakeStore,
)

SMALLEST_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xaeB`\x82"
"""A PNG without pixels, which the image store takes for an image."""

NOON = datetime(2026, 11, 22, 12, 0, 0, 123_000, UTC)
LEASE = timedelta(seconds=180)
RETENTION = timedelta(days=7)
PRICES: dict[str, dict[str, Any]] = {
    "fake-painter": {
        "text_in": 5,
        "image_out": 30,
        "output_tokens": {
            quality: {"1024x1024": 2000, "1536x1024": 3000} for quality in ("medium", "high")
        },
    },
    "fake-writer": {"text_in": 1, "text_out": 2},
}


def a_request(**changes: Any) -> ImageRequest:
    """Make a request for a red fox."""
    request = ImageRequest(
        first_prompt=" A red fox\n", prompt="A red fox", quality="medium", size="1024x1024"
    )
    return replace(request, **changes)


def a_drawing(subject: str = "A red fox", **changes: Any) -> ImageRequest:
    """Make a request that is ready to be drawn."""
    return a_request(first_prompt=subject, prompt=subject, subject=subject, **changes)


def an_input(data: bytes = SMALLEST_PNG, kind: str = "png", **changes: Any) -> ImageInput:
    """Make an input of an edit; the kind is a format, or `mask`."""
    reference = InputReference(
        role="mask" if kind == "mask" else "image",
        image_id=changes.pop("image_id", str(uuid.uuid4())),
        sha256=hashlib.sha256(data).hexdigest(),
        subject=changes.pop("subject", "" if kind == "mask" else "A red fox"),
    )
    given = ImageInput(
        reference=reference,
        format="png" if kind == "mask" else cast(ImageFormat, kind),
        width=1024,
        height=1024,
        size_bytes=len(data),
    )
    return replace(given, **changes)


def a_record(**changes: Any) -> ImageRecord:
    """Make the record of a ready image; id and prompt carry over to keys and tokens."""
    image_id = changes.get("id") or str(uuid.uuid4())
    prompt = changes.get("prompt", "A red fox")
    record = ImageRecord(
        id=image_id,
        state=State.READY,
        requested_at=NOON - timedelta(seconds=40),
        lease_until=NOON - timedelta(seconds=40) + LEASE,
        created_at=NOON,
        fingerprint=hashlib.sha256(prompt.encode()).hexdigest(),
        first_prompt=prompt,
        prompt=prompt,
        subject=prompt,
        prompt_suffix="On white.",
        tokens=fold(prompt),
        quality="medium",
        size="1024x1024",
        provider="openai",
        model="gpt-image-2.6-flare",
        charged=Charged.YES,
        original=Original(
            key=f"originals/{image_id}.png",
            format="png",
            width=1024,
            height=1024,
            size_bytes=123_456,
            sha256="0" * 64,
        ),
        image=ProcessedImage(
            key=f"images/{image_id}.png",
            width=256,
            height=256,
            size_bytes=12_345,
            sha256="f" * 64,
            report={"background": "#ffffff", "coverage": 0.25},
        ),
    )
    return replace(record, **changes)


class World:
    """All fakes, with one log of `events`, and the use cases on top of them."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.generator = FakeGenerator(self.events)
        self.moderator = FakeModerator(self.events)
        self.writer = FakePromptWriter(self.events)
        self.image_processor = FakeImageProcessor(self.events)
        self.store = FakeStore(self.events)
        self.spool = FakeSpool(self.events)
        self.cache = FakeCache(self.events)
        self.records = FakeImageRecords(self.events)
        self.keys = FakeApiKeys(self.events)
        self.ledger = FakeLedger(self.events)
        self.recent_requests = FakeRecentRequests(self.events)
        self.clock = FakeClock()
        self.ports = Ports(
            generator=self.generator,
            moderator=self.moderator,
            writer=self.writer,
            image_processor=self.image_processor,
            store=self.store,
            spool=self.spool,
            cache=self.cache,
            records=self.records,
            api_keys=self.keys,
            ledger=self.ledger,
            recent_requests=self.recent_requests,
            clock=self.clock,
            rate_limiter=FakeRateLimiter(),
            observer=TelemetryObserver(version="test"),
        )
        parts = (
            HealthCheck(name="storage", kind="fake", ping=self.store.ping),
            HealthCheck(name="records", kind="fake", ping=self.records.ping),
        )
        self.readiness = Readiness(parts, clock=self.clock)
        self.storage_check = StorageCheck(store=self.store, spool=self.spool)
        self.estimates = Estimates(
            generator=self.generator, writer=self.writer, prices=Prices(PRICES), quality="medium"
        )
        self.finalizer = build_finalizer(self.ports)
        self.recover = build_recovery(self.ports, self.finalizer)
        self.make = build_generate_image(
            self.ports,
            estimates=self.estimates,
            budget_guard=BudgetGuard(ledger=self.ledger, clock=self.clock),
            readiness=self.readiness,
            storage_check=self.storage_check,
            finalizer=self.finalizer,
            recovery=self.recover,
            lease=lambda _quality, _is_edit: LEASE,
            retention=RETENTION,
        )

    def generate(
        self,
        request: ImageRequest,
        *,
        caller: Caller = ANONYMOUS,
        claim: str = "",
        listener: ProgressListener = NO_LISTENER,
    ) -> ImageRecord:
        """Generate an image, or return that of an earlier request."""
        return self.make(request, caller=caller, claim=claim, listener=listener).record

    @property
    def record(self) -> ImageRecord:
        """The only stored record."""
        (record,) = self.records.by_id.values()
        return record
