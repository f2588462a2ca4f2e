"""The Moderator port on OpenAI's moderation endpoint, which is free of charge."""

from typing import TYPE_CHECKING

from app.errors import Charged, PromptRejected, ProviderBadResponse
from app.services.openai.client import translate_errors
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from openai import OpenAI


class OpenAIModerator:
    """Asks before anything is paid."""

    def __init__(self, client: "LazyClient[OpenAI]", *, model: str) -> None:
        self._client = client
        self._model = model

    def check(self, prompt: str) -> None:
        """See Moderator."""
        with translate_errors(if_sent=Charged.NO):
            answer = self._client().moderations.create(model=self._model, input=prompt)
        try:
            flagged = answer.results[0].flagged
        except (AttributeError, IndexError, TypeError):  # an HTML page arrives as a plain str
            raise ProviderBadResponse("moderation without result", charged=Charged.NO) from None
        if not isinstance(flagged, bool):
            raise ProviderBadResponse("moderation without verdict", charged=Charged.NO)
        if flagged:
            raise PromptRejected("flagged by moderation")


class NoModerator:
    """Lets everything pass: for compatible servers that have no moderation endpoint."""

    def check(self, prompt: str) -> None:
        """See Moderator."""
