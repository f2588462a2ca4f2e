"""The drawing, moderating and writing ports around a paid provider, writing down its answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from app.errors import AppError, ProviderBadResponse
from app.models import (
    EnhancedPrompt,
    GeneratedImage,
    ImageRequest,
    InventedPrompts,
    TokenUsage,
    UpstreamRequest,
)
from app.ports import ImageGenerator, Moderator, PromptWriter
from app.ports.providers import OnPartial
from app.services.replay import request_key
from app.services.replay.cassettes import Cassettes, Question, Recorded


@dataclass
class _Take:
    """What is written down of one call."""

    began: float = field(default_factory=time.monotonic)
    reported: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[float, bytes]] = field(default_factory=list)

    def add(self, data: bytes) -> None:
        self.files.append((time.monotonic() - self.began, data))


@contextmanager
def _taking(recordings: Cassettes, question: Question) -> Iterator[_Take]:
    """Write down what becomes of the call, an error of ours too."""
    take = _Take()
    try:
        yield take
    except AppError as error:
        take.reported = {
            "error": error.code,
            "charged": error.charged,
            "retry_after": error.retry_after,
        }
        if isinstance(error, ProviderBadResponse):
            take.files.clear()
            take.add(error.evidence)
        raise
    finally:
        if take.reported:
            seconds = time.monotonic() - take.began
            recordings.add(
                question, Recorded(seconds=seconds, reported=take.reported, files=take.files)
            )


class RecordingGenerator:
    """Draws by another, and writes down the images, the partial ones and the failures."""

    def __init__(self, inner: ImageGenerator, recordings: Cassettes) -> None:
        self._inner = inner
        self._recordings = recordings
        self.provider, self.model = inner.provider, inner.model
        self.costs_money = inner.costs_money

    @property
    def transparent(self) -> bool:
        """See ImageGenerator."""
        return self._inner.transparent

    def describe(self, request: ImageRequest) -> UpstreamRequest | None:
        """See ImageGenerator."""
        return self._inner.describe(request)

    def draw(self, request: ImageRequest, *, on_partial: OnPartial | None = None) -> GeneratedImage:
        """See ImageGenerator."""
        with _taking(self._recordings, request_key.draw(request)) as take:

            def shown(index: int, image: bytes) -> None:
                take.add(image)
                if on_partial:
                    on_partial(index, image)

            drawing = self._inner.draw(request, on_partial=shown)
            partial_images = len(take.files)
            take.add(drawing.data)
            take.reported = {
                "model": drawing.model,
                "usage": _plain(drawing.usage),
                "partials": partial_images,
            }
            return drawing

    def close(self) -> None:
        """Let go of the other's connections."""
        getattr(self._inner, "close", lambda: None)()


class RecordingModerator:
    """Judges by another, and writes down the verdicts."""

    def __init__(self, inner: Moderator, recordings: Cassettes) -> None:
        self._inner = inner
        self._recordings = recordings

    def check(self, prompt: str) -> None:
        """See Moderator."""
        with _taking(self._recordings, request_key.check(prompt)) as take:
            self._inner.check(prompt)
            take.reported = {"allowed": True}


class RecordingWriter:
    """Writes by another, and keeps what was written."""

    def __init__(self, inner: PromptWriter, recordings: Cassettes) -> None:
        self._inner = inner
        self._recordings = recordings
        self.model, self.costs_money = inner.model, inner.costs_money

    def describe(self, prompt: str) -> UpstreamRequest | None:
        """See PromptWriter."""
        return self._inner.describe(prompt)

    def invent(self, count: int, *, theme: str) -> InventedPrompts:
        """See PromptWriter."""
        with _taking(self._recordings, request_key.invent(count, theme)) as take:
            invented = self._inner.invent(count, theme=theme)
            take.reported = {"prompts": invented.prompts, "usage": _plain(invented.usage)}
            return invented

    def enhance(self, prompt: str) -> EnhancedPrompt:
        """See PromptWriter."""
        with _taking(self._recordings, request_key.enhance(prompt)) as take:
            enhanced = self._inner.enhance(prompt)
            take.reported = {"prompt": enhanced.prompt, "usage": _plain(enhanced.usage)}
            return enhanced


def _plain(usage: TokenUsage | None) -> dict[str, int] | None:
    return asdict(usage) if usage else None
