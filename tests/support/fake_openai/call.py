"""One request under way: what it asks, under which ledger, and what is scripted for it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.errors import error
from tests.support.fake_openai.ledger import Ledger
from tests.support.fake_openai.reply import ApiError, Json

if TYPE_CHECKING:
    from tests.support.fake_openai.server import FakeOpenAI


@dataclass(frozen=True)
class Call:
    """Everything that an endpoint needs to answer."""

    fake: "FakeOpenAI"
    ledger: Ledger
    path: str
    body: bytes
    behavior: Behavior | None

    def json_body(self) -> Json:
        """Return the body as a JSON object, or refuse it."""
        try:
            document = json.loads(self.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ApiError(error(400, "We could not parse the JSON body of your request."))
        return document

    def bill(self, generations: int) -> None:
        """Bill generations, unless what is scripted says that they are free."""
        if self.behavior is None or self.behavior.paid:
            self.ledger.pay(generations, str(self.json_body().get("prompt")))
