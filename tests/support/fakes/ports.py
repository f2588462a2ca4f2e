"""Fakes of all ports, for tests of the use cases; they keep state to assert on.

They share one log of events, so that a test can check the order of steps across ports. A test can
script a failure of any step: `store.fail("put originals", StorageUnavailable())`.
"""

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from app.imaging import (
    AUTOMATIC,
    Cutout,
    CutoutOptions,
    CutoutReport,
    ImageInfo,
    Provenance,
    Variant,
    VariantSource,
)
from app.models import (
    EnhancedPrompt,
    GeneratedImage,
    ImageRequest,
    InventedPrompts,
    Rate,
    RateLimitStatus,
    TokenUsage,
    UpstreamRequest,
)
from app.ports.providers import InputFile, OnPartial
from tests.support.fakes.records import FakeImageRecords
from tests.support.fakes.scripted import Scripted
from tests.support.fakes.stores import FakeCache, FakeLedger, FakeSpool, FakeStore

__all__ = [
    "REPORT",
    "FakeCache",
    "FakeClock",
    "FakeGenerator",
    "FakeImageProcessor",
    "FakeImageRecords",
    "FakeLedger",
    "FakeModerator",
    "FakePromptWriter",
    "FakeSpool",
    "FakeStore",
]

REPORT = CutoutReport(
    background="#ffffff",
    coverage=0.5,
    softness=1.0,
    holes_kept=1,
    holes_cut=2,
    touches_border=False,
    shadow=False,
    confidence=0.7,
    verdict="check",
    reasons=("enclosed areas may be subject or holes",),
)


class FakeGenerator(Scripted):
    """Draws `data`, and keeps the requests."""

    name = "generator"
    provider = "fake"
    model = "fake-painter"
    transparent = False

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.costs_money = True
        self.data = b"the paid original"
        self.requests: list[ImageRequest] = []
        self.sent: list[tuple[str, str, bytes]] = []
        self.usage: TokenUsage | None = TokenUsage(text_in=100, image_out=1000)

    def describe(self, request: ImageRequest) -> UpstreamRequest:
        """See ImageGenerator."""
        body: dict[str, object] = {"model": self.model, "prompt": request.new_prompt}
        body |= {"size": request.size, "quality": request.quality}
        body |= {"partial_images": request.partial_images} if request.partial_images else {}
        return UpstreamRequest(method="POST", path="/draw", body=body)

    def draw(
        self,
        request: ImageRequest,
        *,
        inputs: Sequence[InputFile] = (),
        on_partial: OnPartial | None = None,
    ) -> GeneratedImage:
        """See ImageGenerator; sends all the partial images that are requested."""
        self.sent = [(given.role, given.format, given.file.read()) for given in inputs]
        for index in range(request.partial_images):
            assert on_partial is not None
            on_partial(index, b"partial %d" % index)
        self.requests.append(request)
        self.step("draw")
        return GeneratedImage(data=self.data, model="fake-painter-2026", usage=self.usage)


class FakeModerator(Scripted):
    """Accepts every prompt, and keeps them."""

    name = "moderator"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.checked: list[str] = []

    def check(self, prompt: str) -> None:
        """See Moderator."""
        self.checked.append(prompt)
        self.step("check")


class FakePromptWriter(Scripted):
    """Invents a new prompt each time, unless `next_lists` has the next ones."""

    name = "writer"
    model = "fake-writer"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.costs_money = True
        self.usage: TokenUsage | None = TokenUsage(text_in=50, text_out=20)
        self.next_lists: list[list[str]] = []
        self.themes: list[str] = []
        self.gate: threading.Event | None = None
        self._numbers = itertools.count()

    def invent(self, count: int, *, theme: str) -> InventedPrompts:
        """See PromptWriter; with a gate, it responds once the gate is open."""
        self.themes.append(theme)
        self.step("invent")
        if self.gate is not None:
            assert self.gate.wait(60)
        if self.next_lists:
            return InventedPrompts(prompts=self.next_lists.pop(0), usage=self.usage)
        prompts = [f"prompt {next(self._numbers)} on {theme}" for _ in range(count)]
        return InventedPrompts(prompts=prompts, usage=self.usage)

    def describe(self, prompt: str) -> UpstreamRequest:
        """See PromptWriter."""
        body = {"model": self.model, "prompt": prompt}
        return UpstreamRequest(method="POST", path="/enhance", body=body)

    def enhance(self, prompt: str) -> EnhancedPrompt:
        """See PromptWriter."""
        self.step("enhance")
        return EnhancedPrompt(prompt=f"{prompt}, enhanced", usage=self.usage)


class FakeImageProcessor(Scripted):
    """Describes any bytes as `info`, and marks what it cut out."""

    name = "imaging"

    def __init__(self, events: list[str]) -> None:
        super().__init__(events)
        self.info = ImageInfo("png", 1536, 1024)
        self.provenances: list[tuple[Provenance | None, bytes]] = []
        self.options: list[CutoutOptions] = []
        self.sources: list[VariantSource] = []

    def inspect(self, data: bytes) -> ImageInfo:  # noqa: ARG002 - reason: part of the port
        """See ImageProcessor."""
        self.step("inspect")
        return self.info

    def cut_out(
        self,
        data: bytes,
        options: CutoutOptions = AUTOMATIC,
        *,
        provenance: Provenance | None = None,
        previous: bytes = b"",
    ) -> Cutout:
        """See ImageProcessor."""
        self.provenances.append((provenance, previous))
        self.options.append(options)
        self.step("cut_out")
        return Cutout(png=b"cutout of " + data, size=256, report=REPORT)

    def normalize_mask(self, mask: bytes, *, width: int, height: int) -> bytes:
        """See ImageProcessor; the mask names the original's size."""
        self.step("normalize_mask")
        return b"%s for %dx%d" % (mask, width, height)

    def preview(self, data: bytes, options: CutoutOptions = AUTOMATIC) -> bytes | None:
        """See ImageProcessor."""
        self.options.append(options)
        self.step("preview")
        return b"preview of " + data

    def render_variant(
        self, image: bytes, source: Callable[[], VariantSource], variant: Variant
    ) -> bytes:
        """See ImageProcessor."""
        self.step("render_variant")
        if not variant.needs_original:
            return variant.canonical().encode() + b" of " + image
        self.sources.append(source())
        return variant.canonical().encode() + b" of " + self.sources[-1].data


class FakeClock:
    """Stands still until it is advanced."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        """See Clock."""
        return self.time

    def monotonic(self) -> float:
        """See Clock."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Advance by this many seconds."""
        self.time += timedelta(seconds=seconds)
        self.seconds += seconds


class FakeRateLimiter:
    """Allows every request; the real limiters have tests of their own."""

    def hit(self, rate: Rate, _: str, /, *, add: bool = True, count: int = 1) -> RateLimitStatus:  # noqa: ARG002 - reason: the port's
        """See RateLimiter."""
        return RateLimitStatus(allowed=True, remaining=rate.amount, reset=1.0)
