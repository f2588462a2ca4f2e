"""What a generation sends to models, and what that costs at most."""

from dataclasses import dataclass, replace

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

    def complete(self, request: ImageRequest, *, subject: str | None = None) -> ImageRequest:
        """Return the request with everything that the image model needs.

        Args:
            request: as the caller sent it.
            subject: the enhanced prompt; by default the prompt itself.
        """
        transparent = self.generator.transparent
        return replace(
            request,
            quality=request.quality or self.quality,
            subject=(request.prompt if subject is None else subject).rstrip(),
            prompt_suffix=TRANSPARENT_PROMPT_SUFFIX if transparent else PROMPT_SUFFIX,
        )

    def rehearse(self, request: ImageRequest) -> CostEstimate:
        """Tell what this would send to models and cost at most; nothing is sent, kept or paid.

        With `enhance` the image model's prompt is the one that is not enriched yet.
        """
        enhancing, drawing = self._requests(request)
        sent = tuple(one for one in (enhancing, drawing) if one is not None)
        _, most = self.most(request)
        return CostEstimate(estimate_micros=most, requests=sent)

    def most(self, request: ImageRequest) -> tuple[int | None, int | None]:
        """Return what enhancing, and all of it, may cost at most; None if nobody knows."""
        enhancing, drawing = self._requests(request)
        if drawing is None or not self.generator.costs_money:
            return 0, 0
        return self.prices.max_generation_cost(enhancing, drawing)

    def _requests(
        self, request: ImageRequest
    ) -> tuple[UpstreamRequest | None, UpstreamRequest | None]:
        """Return the requests to the text model and the image model, where there are any."""
        enhancing = self.writer.describe(request.prompt) if request.enhance else None
        return enhancing, self.generator.describe(self.complete(request))
