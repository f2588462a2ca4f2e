"""The provider's ports, recording a paid provider on cassettes."""

import time
from collections.abc import Iterator, Sequence
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
from app.ports.providers import InputFile, OnPartial
from app.services.replay import cassettes
from app.services.replay.cassettes import Cassettes, RecordedResponse, RequestKey


@dataclass
class _Recording:
    """The recording of a call in progress."""

    started: float = field(default_factory=time.monotonic)
    response: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[float, bytes]] = field(default_factory=list)

    def add_file(self, data: bytes) -> None:
        self.files.append((time.monotonic() - self.started, data))


@contextmanager
def _record(recorded: Cassettes, key: RequestKey) -> Iterator[_Recording]:
    """Record the response of a call, or the AppError that it raises."""
    recording = _Recording()
    try:
        yield recording
    except AppError as error:
        recording.response = {
            "error": error.code,
            "charged": error.charged,
            "retry_after": error.retry_after,
        }
        if isinstance(error, ProviderBadResponse):
            recording.files.clear()
            recording.add_file(error.evidence)
        raise
    finally:
        if recording.response:
            response = RecordedResponse(
                seconds=time.monotonic() - recording.started,
                response=recording.response,
                files=recording.files,
            )
            recorded.add(key, response)


class RecordingGenerator:
    """ImageGenerator that records the responses of another one."""

    def __init__(self, inner: ImageGenerator, recorded: Cassettes) -> None:
        self._inner = inner
        self._cassettes = recorded
        self.provider, self.model = inner.provider, inner.model
        self.costs_money = inner.costs_money

    @property
    def transparent(self) -> bool:
        """See ImageGenerator."""
        return self._inner.transparent

    def describe(self, request: ImageRequest) -> UpstreamRequest | None:
        """See ImageGenerator."""
        return self._inner.describe(request)

    def draw(
        self,
        request: ImageRequest,
        *,
        inputs: Sequence[InputFile] = (),
        on_partial: OnPartial | None = None,
    ) -> GeneratedImage:
        """See ImageGenerator."""
        with _record(self._cassettes, cassettes.image_key(request)) as recording:

            def record_partial(index: int, image: bytes) -> None:
                recording.add_file(image)
                if on_partial:
                    on_partial(index, image)

            generated = self._inner.draw(request, inputs=inputs, on_partial=record_partial)
            partial_images = len(recording.files)
            recording.add_file(generated.data)
            recording.response = {
                "model": generated.model,
                "usage": _usage_fields(generated.usage),
                "partials": partial_images,
            }
            return generated

    def close(self) -> None:
        """Close the connections of the recorded provider."""
        getattr(self._inner, "close", lambda: None)()


class RecordingModerator:
    """Moderator that records the verdicts of another one."""

    def __init__(self, inner: Moderator, recorded: Cassettes) -> None:
        self._inner = inner
        self._cassettes = recorded

    def check(self, prompt: str) -> None:
        """See Moderator."""
        with _record(self._cassettes, cassettes.moderation_key(prompt)) as recording:
            self._inner.check(prompt)
            recording.response = {"allowed": True}

    def check_image(self, jpeg: bytes, *, sha256: str) -> None:
        """See Moderator."""
        with _record(self._cassettes, cassettes.image_moderation_key(sha256)) as recording:
            self._inner.check_image(jpeg, sha256=sha256)
            recording.response = {"allowed": True}


class RecordingWriter:
    """PromptWriter that records the prompts of another one."""

    def __init__(self, inner: PromptWriter, recorded: Cassettes) -> None:
        self._inner = inner
        self._cassettes = recorded
        self.model, self.costs_money = inner.model, inner.costs_money

    def describe(self, prompt: str) -> UpstreamRequest | None:
        """See PromptWriter."""
        return self._inner.describe(prompt)

    def invent(self, count: int, *, theme: str) -> InventedPrompts:
        """See PromptWriter."""
        with _record(self._cassettes, cassettes.invention_key(count, theme)) as recording:
            invented = self._inner.invent(count, theme=theme)
            recording.response = {
                "prompts": invented.prompts,
                "usage": _usage_fields(invented.usage),
            }
            return invented

    def enhance(self, prompt: str) -> EnhancedPrompt:
        """See PromptWriter."""
        with _record(self._cassettes, cassettes.enhancement_key(prompt)) as recording:
            enhanced = self._inner.enhance(prompt)
            recording.response = {
                "prompt": enhanced.prompt,
                "usage": _usage_fields(enhanced.usage),
            }
            return enhanced


def _usage_fields(usage: TokenUsage | None) -> dict[str, int] | None:
    return asdict(usage) if usage else None
