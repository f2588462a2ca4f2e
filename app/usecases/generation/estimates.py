"""What a generation sends to models, and what that costs at most."""

from dataclasses import dataclass

from app.models import CostEstimate, ImageRequest, UpstreamRequest
from app.ports import ImageGenerator, PromptWriter
from app.usecases.billing.pricing import Prices

PROMPT_SUFFIX = (
    "A single subject, centred and whole, on a plain pure white background, "
    "with no shadow, no frame and no text."
)
"""Added to every prompt: the cutout needs a background that it can tell from the subject."""

TRANSPARENT_PROMPT_SUFFIX = (
    "A single subject, centred and whole, on a transparent background, "
    "with no shadow, no frame and no text."
)
"""Added instead where the model itself leaves the background out."""


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """Tells beforehand what would be sent and paid; nothing is sent, kept or paid here.

    Args:
        generator: draws.
        writer: enhances prompts.
        prices: of both their models.
        quality: drawn with, if the request doesn't say.
    """

    generator: ImageGenerator
    writer: PromptWriter
    prices: Prices
    quality: str

    def prompt_for(self, wish: str) -> str:
        """Return what is drawn: the wish, and after an empty line the house sentence."""
        sentence = TRANSPARENT_PROMPT_SUFFIX if self.generator.transparent else PROMPT_SUFFIX
        return f"{wish.rstrip()}\n\n{sentence}"

    def quality_of(self, request: ImageRequest) -> str:
        """Return the quality that is drawn with."""
        return request.quality or self.quality

    def rehearse(self, request: ImageRequest, *, partials: int = 0) -> CostEstimate:
        """Tell what this would send to models and cost at most; nothing is sent, kept or paid.

        With `enhance` the image model's prompt is the one that is not enriched yet.
        """
        enhancing, drawing = self._requests(request, partials)
        sent = tuple(one for one in (enhancing, drawing) if one is not None)
        _, most = self.most(request, partials=partials)
        return CostEstimate(estimate_micros=most, requests=sent)

    def most(self, request: ImageRequest, *, partials: int = 0) -> tuple[int | None, int | None]:
        """Return what enhancing, and all of it, may cost at most; None if nobody knows."""
        enhancing, drawing = self._requests(request, partials)
        if drawing is None or not self.generator.costs_money:
            return 0, 0
        return self.prices.max_generation_cost(enhancing, drawing)

    def _requests(
        self, request: ImageRequest, partials: int
    ) -> tuple[UpstreamRequest | None, UpstreamRequest | None]:
        """Return the requests to the text model and the image model, where there are any."""
        enhancing = self.writer.describe(request.prompt) if request.enhance else None
        return enhancing, self.generator.describe(
            self.prompt_for(request.prompt),
            size=request.size,
            quality=self.quality_of(request),
            partials=partials,
        )
