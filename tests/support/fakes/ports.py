"""Fakes of all ports, for tests of the use cases; they keep state to assert on.

They share one log of events, so that a test can check the order of steps across ports. A test can
script a failure of any step: `store.fail("put originals", StorageUnavailable())`.
"""

import itertools
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

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
from tests.support.fakes.imaging import REPORT, FakeImageProcessor
from tests.support.fakes.records import FakeImageRecords
from tests.support.fakes.scripted import Scripted
from tests.support.fakes.stores import (
    FakeCache,
    FakeLedger,
    FakeRecentRequests,
    FakeSpool,
    FakeStore,
)

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
    "FakeRecentRequests",
    "FakeSpool",
    "FakeStore",
]


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
        self.checked_images: list[str] = []

    def check(self, prompt: str) -> None:
        """See Moderator."""
        self.checked.append(prompt)
        self.step("check")

    def check_image(self, jpeg: bytes, *, sha256: str) -> None:  # noqa: ARG002 - reason: the port's
        """See Moderator."""
        self.checked_images.append(sha256)
        self.step("check_image")


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
