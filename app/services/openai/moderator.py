"""The Moderator port on OpenAI's free moderation endpoint."""

from typing import TYPE_CHECKING

from app.errors import Charged, PromptRejected, ProviderBadResponse
from app.services.openai.client import translate_errors
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from openai import OpenAI


class OpenAIModerator:
    """Moderator that rejects the prompts that a moderation model flags.

    Args:
        client: makes the calls.
        model: the moderation model.
    """

    def __init__(self, client: "LazyClient[OpenAI]", *, model: str) -> None:
        self._client = client
        self._model = model

    def check(self, prompt: str) -> None:
        """See Moderator. A response without a verdict is an error."""
        with translate_errors(if_sent=Charged.NO):
            response = self._client().moderations.create(model=self._model, input=prompt)
        try:
            flagged = response.results[0].flagged
        except (AttributeError, IndexError, TypeError):  # the SDK returns an HTML page as a str
            raise ProviderBadResponse("moderation without result", charged=Charged.NO) from None
        if not isinstance(flagged, bool):
            raise ProviderBadResponse("moderation without verdict", charged=Charged.NO)
        if flagged:
            raise PromptRejected("flagged by moderation")


class NoModerator:
    """Moderator that accepts every prompt.

    It is used with servers that have no moderation endpoint.
    """

    def check(self, prompt: str) -> None:
        """See Moderator."""
