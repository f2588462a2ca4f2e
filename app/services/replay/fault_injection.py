"""The drawing and moderating ports, failing on demand; only around those that cost nothing."""

from dataclasses import dataclass

from app.models import GeneratedImage, ImageRequest
from app.ports import ImageGenerator, Moderator
from app.ports.providers import OnPartial
from app.usecases.generation import fault_injection


class FaultInjectingGenerator:
    """Draws by another, later or not at all if the request asks for that."""

    costs_money = False

    def __init__(self, inner: ImageGenerator) -> None:
        self._inner = inner
        self.provider, self.model = inner.provider, inner.model
        self.transparent = inner.transparent

    def describe(self, request: ImageRequest) -> None:
        """See ImageGenerator: nothing is sent to anyone."""

    def draw(self, request: ImageRequest, *, on_partial: OnPartial | None = None) -> GeneratedImage:
        """See ImageGenerator."""
        fault_injection.current().drawing()
        return self._inner.draw(request, on_partial=on_partial)


@dataclass(frozen=True)
class FaultInjectingModerator:
    """Judges by another, unless the request asks for a fault that comes before drawing."""

    inner: Moderator

    def check(self, prompt: str) -> None:
        """See Moderator."""
        self.inner.check(prompt)
        fault_injection.current().before()
