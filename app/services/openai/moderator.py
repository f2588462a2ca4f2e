"""The Moderator port on OpenAI's free moderation endpoint."""

import base64
from typing import TYPE_CHECKING, Any

from app.errors import Charged, PromptRejected, ProviderBadResponse
from app.services.openai.client import translate_errors
from app.services.openai.completions import read_document
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from openai import OpenAI


_IMAGE_REJECTED = "An uploaded image violates the content policy. Use a different image."


class OpenAIModerator:
    """Moderator that rejects the prompts and images that a moderation model flags.

    Args:
        client: makes the calls.
        model: the moderation model.
    """

    def __init__(self, client: "LazyClient[OpenAI]", *, model: str) -> None:
        self._client = client
        self._model = model

    def check(self, prompt: str) -> None:
        """See Moderator. A response without a verdict is an error."""
        self._check(prompt)

    def check_image(self, jpeg: bytes, *, sha256: str) -> None:  # noqa: ARG002 - reason: the port's
        """See Moderator. The model takes one image in a request."""
        url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
        try:
            self._check([{"type": "image_url", "image_url": {"url": url}}])
        except PromptRejected as error:
            raise PromptRejected(error.detail, message=_IMAGE_REJECTED) from None

    def _check(self, given: Any) -> None:
        with translate_errors(if_sent=Charged.NO):
            moderations = self._client().moderations.with_raw_response
            document = _read(moderations.create(model=self._model, input=given).text)
        results = document.get("results")
        verdicts = [_verdict(result) for result in results] if isinstance(results, list) else []
        if not verdicts:
            raise ProviderBadResponse("moderation without result", charged=Charged.NO)
        if any(verdicts):
            raise PromptRejected("flagged by moderation")


def _read(text: str) -> dict[str, Any]:
    try:
        return read_document(text)
    except ProviderBadResponse as error:
        error.charged = Charged.NO
        raise


def _verdict(result: Any) -> bool:
    flagged = result.get("flagged") if isinstance(result, dict) else None
    if not isinstance(flagged, bool):
        raise ProviderBadResponse("moderation without verdict", charged=Charged.NO)
    return flagged


class NoModerator:
    """Moderator that accepts everything.

    It is used with servers that have no moderation endpoint.
    """

    def check(self, prompt: str) -> None:
        """See Moderator."""

    def check_image(self, jpeg: bytes, *, sha256: str) -> None:
        """See Moderator."""
