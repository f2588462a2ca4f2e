"""Complete requests and estimate their cost before they are sent."""

import hashlib
import hmac
from dataclasses import dataclass, field, replace

from app.models import CostEstimate, ImageRequest, UpstreamRequest
from app.models.prompts import PROMPT_SUFFIX, TRANSPARENT_PROMPT_SUFFIX
from app.ports import ImageGenerator, PromptWriter
from app.usecases.billing.pricing import Prices
from app.usecases.generation.deadlines import Deadlines

_PURPOSE = b"safety identifier\0"


@dataclass(frozen=True)
class SafetyIdentifiers:
    """Makes the identifiers by which a provider can block one caller instead of the account.

    They are equal on all servers with the same secret, differ between callers, and say nothing
    about the API key's id or name.

    Args:
        secret: known to all servers, and to no caller.
    """

    secret: str = field(repr=False)

    def of(self, caller_id: str) -> str:
        """Return the identifier, 64 hex digits; "" without a caller or a secret."""
        if not caller_id or not self.secret:
            return ""
        message = _PURPOSE + caller_id.encode()
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """Builds requests to models, and computes their maximum cost.

    Nothing is sent, stored or paid here.

    Args:
        generator: draws the images.
        writer: enhances prompts.
        prices: the prices of both models.
        quality: the quality of images whose request specifies none.
        deadlines: time limits of calls; None for the generator's own.
        identifiers: names callers to the provider; None for not at all.
    """

    generator: ImageGenerator
    writer: PromptWriter
    prices: Prices
    quality: str
    deadlines: Deadlines | None = None
    identifiers: SafetyIdentifiers | None = None

    def complete(
        self,
        request: ImageRequest,
        *,
        caller_id: str = "",
        subject: str | None = None,
        on_white: bool = False,
    ) -> ImageRequest:
        """Return the request with all fields that the image model needs.

        Args:
            request: the request as the caller sent it.
            caller_id: the owner of the image; "" without API keys.
            subject: the enhanced prompt; by default the prompt itself.
            on_white: draw on white, because the model has refused a transparent background.
        """
        transparent = self.generator.transparent and not on_white
        quality = request.quality or self.quality
        return replace(
            request,
            quality=quality,
            subject=(request.prompt if subject is None else subject).rstrip(),
            prompt_suffix=TRANSPARENT_PROMPT_SUFFIX if transparent else PROMPT_SUFFIX,
            transparent=transparent,
            deadline_seconds=self._deadline(quality, request),
            safety_identifier=self.identifiers.of(caller_id) if self.identifiers else "",
        )

    def _deadline(self, quality: str, request: ImageRequest) -> float:
        if self.deadlines is None:
            return 0
        return self.deadlines.seconds(quality, is_edit=request.is_edit)

    def estimate(self, request: ImageRequest) -> CostEstimate:
        """Return the requests that would be sent to models, and the maximum cost of all images.

        With `enhance`, the request to the image model contains the prompt before enhancement.
        """
        upstream = self._upstream_requests(request)
        requests = tuple(sent for sent in upstream if sent is not None)
        _, each = self.max_cost(request)
        total = None if each is None else each * request.n
        return CostEstimate(estimate_micros=total, requests=requests * request.n)

    def max_cost(self, request: ImageRequest) -> tuple[int | None, int | None]:
        """Return the maximum cost of enhancing, and the maximum total, of one image.

        Both are in micros, or None if unknown.
        """
        enhancing, drawing = self._upstream_requests(request)
        if drawing is None or not self.generator.costs_money:
            return 0, 0
        return self.prices.max_generation_cost(enhancing, drawing)

    def _upstream_requests(
        self, request: ImageRequest
    ) -> tuple[UpstreamRequest | None, UpstreamRequest | None]:
        enhancing = self.writer.describe(request.prompt) if request.enhance else None
        return enhancing, self.generator.describe(self.complete(request))
