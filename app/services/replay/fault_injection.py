"""The provider's ports with injected faults, for tests of front ends.

Only providers that are free of charge are wrapped. The fault is chosen by the request; see
app/usecases/generation/fault_injection.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.models import GeneratedImage, ImageRequest
from app.ports import ImageGenerator, Moderator
from app.ports.providers import InputFile, OnPartial
from app.usecases.generation import fault_injection


class FaultInjectingGenerator:
    """ImageGenerator that delays or fails a draw if the request says so."""

    costs_money = False

    def __init__(self, inner: ImageGenerator) -> None:
        self._inner = inner
        self.provider, self.model = inner.provider, inner.model

    @property
    def transparent(self) -> bool:
        """See ImageGenerator."""
        return self._inner.transparent

    def describe(self, request: ImageRequest) -> None:
        """See ImageGenerator. The wrapped generator sends no request."""

    def draw(
        self,
        request: ImageRequest,
        *,
        inputs: Sequence[InputFile] = (),
        on_partial: OnPartial | None = None,
    ) -> GeneratedImage:
        """See ImageGenerator."""
        fault_injection.current().raise_while_drawing(request.candidate)
        return self._inner.draw(request, inputs=inputs, on_partial=on_partial)


@dataclass(frozen=True)
class FaultInjectingModerator:
    """Moderator that raises the faults that occur before drawing."""

    inner: Moderator

    def check(self, prompt: str) -> None:
        """See Moderator."""
        self.inner.check(prompt)
        fault_injection.current().raise_before_drawing()

    def check_image(self, jpeg: bytes, *, sha256: str) -> None:
        """See Moderator. The prompt's check raises the faults."""
        self.inner.check_image(jpeg, sha256=sha256)
