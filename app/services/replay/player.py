"""The provider's ports on cassettes: offline and free of charge."""

import time
from collections.abc import Callable, Sequence

from app.errors import (
    PROVIDER_FAILURES,
    AppError,
    CassetteMissing,
    Charged,
    EditsUnsupported,
    ProviderBadResponse,
    ProviderError,
    TransparencyRefused,
)
from app.models import EnhancedPrompt, GeneratedImage, ImageRequest, InventedPrompts
from app.ports.providers import InputFile, OnPartial
from app.services.replay import cassettes
from app.services.replay.cassettes import Cassettes, RecordedResponse, RequestKey

_ERRORS: tuple[type[AppError], ...] = (*PROVIDER_FAILURES, EditsUnsupported)
_FAILURES: dict[str, type[AppError]] = {kind.code: kind for kind in _ERRORS}

Sleep = Callable[[float], object]


class CassettePlayer:
    """Replays recorded responses, at the recorded speed or faster.

    Args:
        recorded: the cassettes.
        speed: 1 replays at the recorded speed, 10 ten times faster, 0 without waiting.
        sleep: waits for a number of seconds.
    """

    def __init__(self, recorded: Cassettes, *, speed: float, sleep: Sleep = time.sleep) -> None:
        self._cassettes = recorded
        self._speed = speed
        self._sleep = sleep

    def play(
        self, key: RequestKey, on_partial: Callable[[int, bytes], object] | None = None
    ) -> RecordedResponse:
        """Return the next response to this request, after its recorded delay.

        Args:
            key: identifies the request.
            on_partial: called with each partial image when it is due.

        Raises:
            CassetteMissing: no response is recorded.
            AppError: the recorded error of the provider.
        """
        recorded = self._cassettes.next(key)
        elapsed = 0.0
        for index, (seconds, data) in enumerate(recorded.files[: _partial_count(recorded)]):
            self._wait(seconds - elapsed)
            elapsed = seconds
            if on_partial:
                on_partial(index, data)
        self._wait(recorded.seconds - elapsed)
        if "error" in recorded.response:
            raise _recorded_error(recorded)
        return recorded

    def _wait(self, seconds: float) -> None:
        if self._speed and seconds > 0:
            self._sleep(seconds / self._speed)


class ReplayGenerator:
    """ImageGenerator that returns the recorded images, byte for byte.

    Args:
        player: replays the cassettes.
        model: name of the image model, if a cassette has none.
        transparent: first look for a cassette of a transparent background. If there is none, that
            counts as refused, so that images recorded on white are found, too.
    """

    provider = "replay"
    costs_money = False

    def __init__(self, player: CassettePlayer, *, model: str, transparent: bool) -> None:
        self._player = player
        self.model = model
        self.transparent = transparent

    def describe(self, request: ImageRequest) -> None:
        """See ImageGenerator. A replay sends no request."""

    def draw(
        self,
        request: ImageRequest,
        *,
        inputs: Sequence[InputFile] = (),  # noqa: ARG002 - reason: part of the port
        on_partial: OnPartial | None = None,
    ) -> GeneratedImage:
        """See ImageGenerator. Only recorded partial images are available."""

        def forward_partial(index: int, image: bytes) -> None:
            if on_partial and index < request.partial_images:
                on_partial(index, image)

        try:
            recorded = self._player.play(cassettes.image_key(request), forward_partial)
        except CassetteMissing as error:
            if request.transparent:
                raise TransparencyRefused("not recorded") from error
            raise
        image = _final_bytes(recorded)
        if not image:
            raise CassetteMissing("the file of the image is missing")
        return GeneratedImage(data=image, model=str(recorded.response.get("model") or self.model))


class ReplayModerator:
    """Moderator that repeats the recorded verdicts."""

    def __init__(self, player: CassettePlayer) -> None:
        self._player = player

    def check(self, prompt: str) -> None:
        """See Moderator."""
        self._player.play(cassettes.moderation_key(prompt))

    def check_image(self, jpeg: bytes, *, sha256: str) -> None:  # noqa: ARG002 - reason: the port's
        """See Moderator."""
        self._player.play(cassettes.image_moderation_key(sha256))


class ReplayWriter:
    """PromptWriter that returns the recorded prompts."""

    costs_money = False

    def __init__(self, player: CassettePlayer, *, model: str) -> None:
        self._player = player
        self.model = model

    def describe(self, prompt: str) -> None:
        """See PromptWriter. A replay sends no request."""

    def invent(self, count: int, *, theme: str) -> InventedPrompts:
        """See PromptWriter."""
        recorded = self._player.play(cassettes.invention_key(count, theme))
        return InventedPrompts(
            prompts=[str(text) for text in recorded.response.get("prompts", ())], usage=None
        )

    def enhance(self, prompt: str) -> EnhancedPrompt:
        """See PromptWriter."""
        recorded = self._player.play(cassettes.enhancement_key(prompt))
        return EnhancedPrompt(prompt=str(recorded.response.get("prompt", prompt)), usage=None)


def _recorded_error(recorded: RecordedResponse) -> AppError:
    kind = _FAILURES.get(str(recorded.response["error"]), ProviderError)
    value = recorded.response.get("charged")
    charged = Charged(value) if value else None
    if issubclass(kind, ProviderBadResponse):
        return kind("replayed", evidence=_final_bytes(recorded), charged=charged)
    return kind("replayed", charged=charged, retry_after=recorded.response.get("retry_after"))


def _partial_count(recorded: RecordedResponse) -> int:
    count = recorded.response.get("partials", 0)
    return count if isinstance(count, int) else 0


def _final_bytes(recorded: RecordedResponse) -> bytes:
    """Return the image, or the bytes returned instead; b"" if there are none."""
    return b"".join(data for _, data in recorded.files[_partial_count(recorded) :])
