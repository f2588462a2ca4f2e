"""The drawing, moderating and writing ports on recordings: offline, and never for money."""

import time
from collections.abc import Callable

from app.errors import (
    PROVIDER_FAILURES,
    AppError,
    CassetteMissing,
    Charged,
    ProviderBadResponse,
    ProviderError,
    TransparencyRefused,
)
from app.models import EnhancedPrompt, GeneratedImage, ImageRequest, InventedPrompts
from app.ports.providers import OnPartial
from app.services.replay import request_key
from app.services.replay.cassettes import Cassettes, Question, Recorded

_FAILURES: dict[str, type[AppError]] = {kind.code: kind for kind in PROVIDER_FAILURES}

Sleep = Callable[[float], object]


class Replay:
    """Plays answers, as fast as they came or faster.

    Args:
        recordings: what was answered.
        speed: 1 takes the time that it took, 10 a tenth of it; 0 takes none at all.
        sleep: waits so many seconds.
    """

    def __init__(self, recordings: Cassettes, *, speed: float, sleep: Sleep = time.sleep) -> None:
        self._recordings = recordings
        self._speed = speed
        self._sleep = sleep

    def play(
        self, question: Question, on_partial: Callable[[int, bytes], object] | None = None
    ) -> Recorded:
        """Return the answer once its time has come; `on_partial` hears of what came before.

        Raises:
            CassetteMissing: there is none.
            AppError: what the provider failed with when this was recorded.
        """
        answer = self._recordings.next(question)
        passed = 0.0
        for index, (second, data) in enumerate(answer.files[: _partials(answer)]):
            self._wait(second - passed)
            passed = second
            if on_partial:
                on_partial(index, data)
        self._wait(answer.seconds - passed)
        if "error" in answer.reported:
            raise _failure(answer)
        return answer

    def _wait(self, seconds: float) -> None:
        if self._speed and seconds > 0:
            self._sleep(seconds / self._speed)


class ReplayGenerator:
    """Gives the images that were drawn once, byte for byte."""

    provider = "replay"
    costs_money = False

    def __init__(self, replay: Replay, *, model: str, transparent: bool) -> None:
        self._replay = replay
        self.model = model
        self.transparent = transparent

    def describe(self, request: ImageRequest) -> None:
        """See ImageGenerator: nothing is sent to anyone."""

    def draw(self, request: ImageRequest, *, on_partial: OnPartial | None = None) -> GeneratedImage:
        """See ImageGenerator. As many partial images as were recorded, and are asked for."""

        def shown(index: int, image: bytes) -> None:
            if on_partial and index < request.partial_images:
                on_partial(index, image)

        try:
            answer = self._replay.play(request_key.draw(request), shown)
        except TransparencyRefused:
            self.transparent = False
            raise
        image = _last(answer)
        if not image:
            raise CassetteMissing("an image without its file")
        return GeneratedImage(data=image, model=str(answer.reported.get("model") or self.model))


class ReplayModerator:
    """Judges as it was judged."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def check(self, prompt: str) -> None:
        """See Moderator."""
        self._replay.play(request_key.check(prompt))


class ReplayWriter:
    """Writes what was written."""

    costs_money = False

    def __init__(self, replay: Replay, *, model: str) -> None:
        self._replay = replay
        self.model = model

    def describe(self, prompt: str) -> None:
        """See PromptWriter: nothing is sent to anyone."""

    def invent(self, count: int, *, theme: str) -> InventedPrompts:
        """See PromptWriter."""
        answer = self._replay.play(request_key.invent(count, theme))
        return InventedPrompts(
            prompts=[str(text) for text in answer.reported.get("prompts", ())], usage=None
        )

    def enhance(self, prompt: str) -> EnhancedPrompt:
        """See PromptWriter."""
        answer = self._replay.play(request_key.enhance(prompt))
        return EnhancedPrompt(prompt=str(answer.reported.get("prompt", prompt)), usage=None)


def _failure(answer: Recorded) -> AppError:
    kind = _FAILURES.get(str(answer.reported["error"]), ProviderError)
    reported = answer.reported.get("charged")
    charged = Charged(reported) if reported else None
    if issubclass(kind, ProviderBadResponse):
        return kind("replayed", evidence=_last(answer), charged=charged)
    return kind("replayed", charged=charged, retry_after=answer.reported.get("retry_after"))


def _partials(answer: Recorded) -> int:
    reported = answer.reported.get("partials", 0)
    return reported if isinstance(reported, int) else 0


def _last(answer: Recorded) -> bytes:
    """Return the image, or what came in its place; b"" if nothing did."""
    return b"".join(data for _, data in answer.files[_partials(answer) :])
